"""Where staff work: their desk, and a ticket as they see it."""
