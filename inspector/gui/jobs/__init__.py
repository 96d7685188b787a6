"""Worker processes as the window sees them: a queue, one running at a time, followed by file."""
