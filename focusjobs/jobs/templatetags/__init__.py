"""Template tags of the job layer."""
