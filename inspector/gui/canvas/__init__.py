"""Looking at an image: zoom, pan, heat map, regions."""
