"""Review: image after image, one key per verdict."""
