"""What people's work is worth to the site: the ledger, and what it grants."""
