"""What a model calls its classes, and how its real and synthesised features lie."""
