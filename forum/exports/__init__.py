"""A copy of all that is kept of one person, for them to take away."""
