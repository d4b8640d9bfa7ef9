"""The pages from which admins run the site."""
