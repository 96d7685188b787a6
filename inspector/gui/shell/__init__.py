"""The frame around the pages: rail, status line, notices, command palette, welcome, dialogs."""
