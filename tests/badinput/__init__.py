"""Bad input gets the one error shape, stores nothing, and the process lives."""
