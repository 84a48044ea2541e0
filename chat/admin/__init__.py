"""Administrators: how the installation runs, told live; what people say is not here."""
