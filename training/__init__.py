"""Everything that learns: loops, feature cache, checkpoints, evaluation, the worker process."""
