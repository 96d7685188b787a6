"""The bank, visible: what a model learned from painted defects, beside what it takes for normal."""
