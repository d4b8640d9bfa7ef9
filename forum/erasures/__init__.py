"""Erasing one person: asked for, taken back, done in steps, and done again after a restore."""
