"""The page of rules that a site gives itself."""
