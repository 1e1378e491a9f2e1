"""The job layer's place in Django."""

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


class JobsConfig(AppConfig):
    """Configuration of the job layer."""

    name = "focusjobs.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Load the Celery application in every process that enqueues, and give its workers a housekeeper."""
        from focusjobs import silence
        from focusjobs.celery import app

        from . import checks as job_checks
        from . import receivers  # noqa: F401 - receivers listen from here on
        from .declaring.definition import Task
        from .schedules.checks import check_schedules
        from .worker import message_lane
        from .worker.bootstep import Housekeeping, count_to_the_end, keep_connections

        checks.register(check_schedules)
        job_checks.register()
        app.steps["worker"].add(Housekeeping)
        Task.message_lane = message_lane
        silence.tell_servers(settings.DATABASE_SILENCE)
        keep_connections()
        count_to_the_end()
