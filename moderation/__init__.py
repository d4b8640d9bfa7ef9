"""What keeps the place fit to be in: flags, reviews, sanctions, and the log of what staff did."""
