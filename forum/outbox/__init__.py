"""The work that waits, runs, was done or failed, as admins see it."""
