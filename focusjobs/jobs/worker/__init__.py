"""What happens in a Celery worker: jobs are claimed, run, settled, and the house is kept."""
