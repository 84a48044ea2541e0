"""Rooms as files: a room written down whole, to be kept or read, and a room made of such a file."""
