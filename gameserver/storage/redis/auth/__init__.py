"""Accounts, sessions, claims, tokens and guesses, in Redis."""
