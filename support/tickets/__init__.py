"""Tickets: what a customer and staff are working on together."""
