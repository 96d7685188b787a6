"""Learning at once on the Annotate page: what is painted, and what it does to other images."""
