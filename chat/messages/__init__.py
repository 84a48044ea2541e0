"""Messages: posting, history, and what a client lacks after a gap."""
