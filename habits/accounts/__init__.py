"""Accounts: signing up, tokens, letters, the second factor, an export of all data, and their end."""
