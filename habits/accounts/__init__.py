"""The life of an account beside its habits: letters, the second factor, an export of all data, and its end."""
