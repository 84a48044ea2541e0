"""What a stranger's program builds on docs/PROTOCOL.md, with the official JavaScript client."""
