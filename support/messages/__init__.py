"""What is said in a ticket, to whom, and how a thread and its ticket hear each other."""
