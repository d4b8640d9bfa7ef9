"""What reputation grants."""
