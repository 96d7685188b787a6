"""What replacing one model by another would mean, and the decision about it."""
