"""The staff desk: tickets, their conversations, and the way a thread takes to staff and back."""
