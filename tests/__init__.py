"""The tests, a package: each folder below holds an `__init__.py`, so file names may repeat."""
