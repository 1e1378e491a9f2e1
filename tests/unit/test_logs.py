"""How processes log."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest
from celery import signals
from django.test import RequestFactory

import focusjobs.celery  # noqa: F401 - connects the receiver
from focusjobs.jobs.telling.wakeups import DRAIN_TASK
from focusjobs.logs import configuration as logs

Lines = io.StringIO


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Give the root logger its handlers back, pytest's among them."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def configure(restored_logging: None) -> Any:
    """Configure logging into a text, as a process would into its standard error."""

    def into_text(*, readable: bool = False, level: str = "INFO") -> Lines:
        text = io.StringIO()
        configuration = logs.logging_settings(readable=readable, level=level)
        configuration["handlers"]["console"]["stream"] = text
        logging.config.dictConfig(configuration)
        return text

    return into_text


def only_event(text: Lines) -> dict[str, Any]:
    lines = text.getvalue().splitlines()
    assert len(lines) == 1, lines
    event = json.loads(lines[0])
    assert isinstance(event, dict)
    return event


def test_an_event_is_a_line_of_json_with_its_extra_fields(configure: Any) -> None:
    text = configure()
    fields = {"job_id": 7, "task": "habits.import_backup", "attempt": 2}
    logging.getLogger("focusjobs.jobs.worker.journal").warning("job %s %s", 7, "failed", extra=fields)
    event = only_event(text)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "job 7 failed", "level": "warning", "logger": "focusjobs.jobs.worker.journal", **fields}


def test_an_exception_is_one_line_with_its_traceback(configure: Any) -> None:
    text = configure()
    try:
        raise ValueError("no such habit")
    except ValueError:
        logging.getLogger("habits").exception("refused")
    event = only_event(text)
    assert event["exception"].startswith("Traceback")
    assert event["exception"].endswith("ValueError: no such habit")


def test_text_of_any_language_and_line_breaks_stay_in_one_line(configure: Any) -> None:
    text = configure()
    logging.getLogger("habits").info("“Läufe”\nund\x00 mehr \udc80")
    assert only_event(text)["event"] == "“Läufe”\nund\x00 mehr \udc80"


@pytest.mark.parametrize(
    "name", ["password", "SECRET_KEY", "session_token", "Authorization", "Cookie", "api_key", "private_key"]
)
def test_a_field_with_the_name_of_a_secret_is_hidden(configure: Any, name: str) -> None:
    text = configure()
    logging.getLogger("habits").info("saved", extra={name: "swordfish", "options": {name: ["swordfish"]}})
    assert "swordfish" not in text.getvalue()
    assert only_event(text)["options"] == {name: "***"}


def test_logins_are_hidden_in_addresses_in_messages_lists_and_tracebacks(configure: Any) -> None:
    text = configure()
    address = "redis://:swordfish@valkey:6379/0"
    try:
        raise ConnectionError(address)
    except ConnectionError:
        logging.getLogger("focusjobs").exception("lost %s", address, extra={"tried": [address]})
    event = only_event(text)
    assert "swordfish" not in text.getvalue()
    assert event["event"] == "lost redis://***@valkey:6379/0"
    assert event["tried"] == ["redis://***@valkey:6379/0"]


def test_of_a_request_only_method_and_path_are_logged(configure: Any) -> None:
    text = configure()
    request = RequestFactory().post("/api/v1/habits?key=swordfish", {"name": "Swordfish"})
    logging.getLogger("django.request").error("failed", extra={"request": request, "status_code": 500})
    event = only_event(text)
    assert (event["method"], event["path"], event["status_code"]) == ("POST", "/api/v1/habits", 500)
    assert "swordfish" not in text.getvalue().lower()


def test_arguments_of_celery_tasks_are_not_logged(configure: Any) -> None:
    text = configure()
    context = {"name": "other.task", "args": "('swordfish',)"}
    logging.getLogger("celery.app.trace").info("Task %(name)s succeeded", context, extra={"data": context})
    assert only_event(text)["event"] == "Task other.task succeeded"
    assert "swordfish" not in text.getvalue()


@pytest.mark.parametrize(("level", "lines"), [("INFO", 1), ("DEBUG", 2)])
def test_wake_ups_are_logged_only_when_debugging_unless_they_fail(configure: Any, level: str, lines: int) -> None:
    text = configure(level=level)
    logger = logging.getLogger("celery.app.trace")
    for severity in (logging.INFO, logging.ERROR):
        logger.log(severity, "Task %(name)s", {"name": DRAIN_TASK}, extra={"data": {"name": DRAIN_TASK}})
    assert len(text.getvalue().splitlines()) == lines


def test_the_name_of_the_drain_task_is_the_job_layers() -> None:
    assert logs.DRAIN_TASK == DRAIN_TASK


def test_for_a_terminal_an_event_is_a_readable_line_without_secrets(configure: Any) -> None:
    text = configure(readable=True)
    logging.getLogger("focusjobs").info("ready", extra={"job_id": 7, "password": "swordfish"})
    assert "ready" in text.getvalue()
    assert "job_id=7" in text.getvalue()
    assert "swordfish" not in text.getvalue()


def test_events_below_the_level_are_left_out(configure: Any) -> None:
    text = configure(level="WARNING")
    logging.getLogger("django").info("quiet")
    logging.getLogger("django").warning("loud")
    assert only_event(text)["event"] == "loud"


def test_an_error_of_django_is_logged_once(configure: Any) -> None:
    text = configure()
    for name in ("django.request", "django.server", "gunicorn.error"):
        logging.getLogger(name).error("broken", extra={"status_code": 500})
    assert len(text.getvalue().splitlines()) == 3


def test_celery_leaves_the_configuration_of_logging_to_the_settings() -> None:
    receivers = [reference() for _, reference in signals.setup_logging.receivers]
    assert logs.configure in receivers
