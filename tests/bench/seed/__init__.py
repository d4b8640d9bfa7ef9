"""A community of any size, made quickly: for measuring, never for serving."""
