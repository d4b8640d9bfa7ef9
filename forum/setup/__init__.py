"""The first run: from an empty database to an open site."""
