"""What `speed.py` is made of: two sides as processes, their files, the peer's environment."""
