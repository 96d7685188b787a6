"""All methods under all alignments in one table, and the trainings that are missing in it."""
