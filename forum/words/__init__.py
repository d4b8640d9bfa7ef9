"""The words that the owner of a site may choose."""
