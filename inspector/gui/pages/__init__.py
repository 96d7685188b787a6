"""The pages of the window, one package or module each; pages do not know each other."""
