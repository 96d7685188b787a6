"""The command line: one module per subcommand; the work is done by the same jobs as the window's."""
