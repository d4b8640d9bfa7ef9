"""Porchlight: a community support forum with a staff desk behind it."""

__version__ = "0.1.0"
