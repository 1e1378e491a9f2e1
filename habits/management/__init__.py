"""Commands of the habits app."""
