"""The Models page: what there is, how good it is, what made it, and which one is in use."""
