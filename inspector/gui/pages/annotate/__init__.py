"""The Annotate page: painted defects that teach."""
