"""Dataset: importing folders, and looking at what a project holds."""
