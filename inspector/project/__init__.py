"""The project folder on disk: database, snapshots, runs, models, scores. No torch, no Qt."""
