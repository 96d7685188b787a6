"""The Alignment page: raw and aligned scores of all classes, under one threshold each."""
