"""The pages that Jinja serves, their words, headers and built files."""
