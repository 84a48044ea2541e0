"""Accounts: sign-up, sign-in, sessions. The only feature that knows passwords."""
