"""Processes: the one that listens and looks after the others, and those that answer."""
