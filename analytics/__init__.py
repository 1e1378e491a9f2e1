"""Statistics of days, weeks and habits, kept up to date by jobs."""
