"""How every process logs: a line an event on standard error, as JSON in production, for reading while developing."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

import structlog
from django.conf import settings

from focusjobs.logs import correlation
from focusjobs.logs.secrets import hide_secrets, without_private_context

DRAIN_TASK = "focusjobs.jobs.drain"
"""The Celery task that answers wake-ups; equals `focusjobs.jobs.telling.wakeups.DRAIN_TASK`."""


def logging_settings(*, readable: bool, level: str) -> dict[str, Any]:
    """Give the `LOGGING` of Django; what a call passes as `extra` becomes fields of its event.

    readable: aligned lines for a terminal in place of JSON. level: the least severe level to log, such as INFO.
    """
    inherit: dict[str, Any] = {"handlers": [], "propagate": True, "level": "NOTSET"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"event": {"()": structlog.stdlib.ProcessorFormatter, **_processors(readable)}},
        "filters": {"wake_ups": {"()": WithoutWakeUps}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "event",
                "filters": [] if level == "DEBUG" else ["wake_ups"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # These bring handlers of their own.
            **dict.fromkeys(("django", "django.server", "gunicorn.error"), inherit),
            # A line for each request is the proxy's to write.
            "gunicorn.access": {**inherit, "level": "WARNING"},
        },
    }


def configure(**_: object) -> None:
    """Log as the settings say (a receiver of Celery's `setup_logging`, whose own configuration it replaces)."""
    logging.config.dictConfig(settings.LOGGING)


class WithoutWakeUps(logging.Filter):
    """Leaves out what Celery says of every wake-up; each job has a line of its own (`jobs.worker.journal`)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is to be logged."""
        context = getattr(record, "data", None)
        is_wake_up = isinstance(context, dict) and context.get("name") == DRAIN_TASK
        return record.levelno > logging.INFO or not is_wake_up


def _processors(readable: bool) -> dict[str, Any]:
    to_event = [
        structlog.stdlib.ExtraAdder(),
        correlation.add_to_event,
        without_private_context,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks are made text first, so that secrets are hidden in them too.
    to_text = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        hide_secrets,
        _for_terminal() if readable else structlog.processors.JSONRenderer(default=str),
    ]
    return {"foreign_pre_chain": to_event, "processors": to_text}


def _for_terminal() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )
