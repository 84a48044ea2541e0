"""The glue of presence and chat: who may see whom, and how diffs reach the viewers."""
