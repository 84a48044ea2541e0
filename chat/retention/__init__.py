"""Retention: rooms keep their messages for as long as a rule says, and no longer."""
