"""The terms that people agree to, kept by version."""
