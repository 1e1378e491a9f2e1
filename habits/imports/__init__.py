"""Reading the backups of other habit apps, and restoring them into an account."""
