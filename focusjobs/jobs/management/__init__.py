"""Commands of the job layer."""
