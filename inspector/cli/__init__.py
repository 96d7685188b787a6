"""The command line: one module per subcommand, the same jobs as the window's."""
