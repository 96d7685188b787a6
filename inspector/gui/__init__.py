"""The window. It never computes and never imports torch: long work runs in worker processes."""
