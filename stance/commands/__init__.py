"""The command line: a module a command, with its options, messages and exit codes."""
