"""Two real browsers on two real workers."""
