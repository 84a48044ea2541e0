"""Programs that run in a green process of their own; each prints one JSON object."""
