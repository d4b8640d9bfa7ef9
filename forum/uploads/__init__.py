"""Files in posts and tickets: what may come in, whose it is, and who may see it."""
