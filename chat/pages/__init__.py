"""Pages: what Jinja serves. Signing in and up, the shell of the chat, errors, the built files."""
