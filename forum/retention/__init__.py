"""What is kept for how long, and letting go of the rest."""
