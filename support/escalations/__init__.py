"""Asking staff from a thread, and having the same problem."""
