"""What a task is, and how jobs are enqueued: alone, many at once, in flows."""
