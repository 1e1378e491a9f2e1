"""The job layer's place in Django."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Configuration of the job layer."""

    name = "focusjobs.jobs"
    label = "jobs"
    verbose_name = "Jobs"
