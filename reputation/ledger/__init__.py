"""Reputation as a ledger: rows are added, never changed."""
