"""The command line: the only place that may import all rooms."""
