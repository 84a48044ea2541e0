"""Rooms: who may see them, who is a member, and each room's newest seq."""
