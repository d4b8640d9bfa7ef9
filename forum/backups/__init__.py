"""Backups of data and files, and restoring them."""
