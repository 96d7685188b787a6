"""Training the active model again: what is new since then, how long it takes, what came of it."""
