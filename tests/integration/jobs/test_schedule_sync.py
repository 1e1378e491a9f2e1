"""The table follows the code, and operators' changes stand."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.checks import run_checks

from focusjobs.jobs import schedule, schedules
from focusjobs.jobs.declaring import declarations
from focusjobs.jobs.models import Schedule
from focusjobs.jobs.schedules.checks import check_schedules
from focusjobs.jobs.schedules.syncing import GONE, sync
from focusjobs.jobs.worker.maintenance import Housekeeper
from tests import tasks
from tests.threads import at_once

pytestmark = pytest.mark.django_db
NIGHTLY: dict[str, Any] = {"cron": "0 3 * * *", "timezone": "Europe/Berlin"}
Code = Callable[..., None]


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch) -> Code:
    """Replaces what the code declares by one schedule with these options; by none without."""

    def declare(**options: Any) -> None:
        monkeypatch.setattr(declarations, "_declared", [])
        if options:
            schedule("nightly", tasks.add, {"x": 1, "y": 2}, **options)

    declare()
    return declare


def row() -> Schedule:
    return Schedule.objects.get(name="nightly")


def test_a_declared_schedule_appears_with_its_next_run(code: Code) -> None:
    code(**NIGHTLY, missed="all", queue="imports")
    sync()
    found = row()
    assert (found.task, found.arguments, found.queue) == ("tests.add", {"x": 1, "y": 2}, "imports")
    assert (found.cron, found.every, found.timezone, found.missed) == ("0 3 * * *", None, "Europe/Berlin", "all")
    assert (found.declared, found.enabled) == (True, True)
    assert found.next_run_at == schedules.rhythm(found).next_after(schedules.database_time())


def test_a_restart_changes_nothing_and_does_not_move_the_next_run(code: Code) -> None:
    code(**NIGHTLY)
    sync()
    Schedule.objects.update(next_run_at=schedules.database_time() - timedelta(days=1))
    before = Schedule.objects.values().get()
    sync()
    assert Schedule.objects.values().get() == before


def test_what_an_operator_changed_stands_over_restarts(code: Code) -> None:
    code(**NIGHTLY)
    sync()
    Schedule.objects.update(enabled=False, missed="skip", cron="0 5 * * *", arguments={"x": 5, "y": 5})
    sync()
    found = row()
    assert (found.enabled, found.missed, found.cron, found.arguments) == (False, "skip", "0 5 * * *", {"x": 5, "y": 5})


def test_a_field_that_changed_in_the_code_follows_it_and_the_others_stay(code: Code) -> None:
    code(**NIGHTLY)
    sync()
    Schedule.objects.update(enabled=False, missed="skip")
    code(cron="0 4 * * *", timezone="Europe/Berlin")
    sync()
    found = row()
    assert (found.cron, found.enabled, found.missed) == ("0 4 * * *", False, "skip")
    assert found.next_run_at is not None
    assert found.next_run_at.astimezone(ZoneInfo("Europe/Berlin")).hour == 4


def test_from_a_line_to_an_interval_also_over_an_operators_other_line(code: Code) -> None:
    code(**NIGHTLY)
    sync()
    Schedule.objects.update(cron="0 5 * * *")
    code(every=timedelta(minutes=5), timezone="Europe/Berlin")
    sync()
    assert (row().cron, row().every) == ("", timedelta(minutes=5))
    Schedule.objects.update(every=timedelta(hours=1))
    code(cron="0 6 * * *", timezone="Europe/Berlin")
    sync()
    assert (row().cron, row().every) == ("0 6 * * *", None)


def test_a_schedule_that_left_the_code_is_off_and_says_so(code: Code) -> None:
    code(**NIGHTLY)
    sync()
    code()
    sync()
    found = row()
    assert (found.declared, found.enabled, found.next_run_at, found.problem) == (False, False, None, GONE)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_schedule_that_returns_to_the_code_is_as_it_was(code: Code, enabled: bool) -> None:
    code(**NIGHTLY)
    sync()
    schedules.set_enabled([row().pk], enabled)
    code()
    sync()
    code(**NIGHTLY)
    sync()
    found = row()
    assert (found.declared, found.enabled, found.problem) == (True, enabled, "")
    assert found.next_run_at is not None


def test_schedules_made_by_operators_are_left_alone(code: Code) -> None:
    own = Schedule.objects.create(name="own", task="tests.add", every=timedelta(hours=1))
    sync()
    assert Schedule.objects.get() == own
    assert own.enabled


def test_a_declaration_that_cannot_work_is_left_out_and_holds_up_no_other(
    code: Code, caplog: pytest.LogCaptureFixture
) -> None:
    code(**NIGHTLY)
    schedule("broken", tasks.add, {"x": 1}, cron="61 * * * *")
    with caplog.at_level(logging.ERROR):
        sync()
    assert [found.name for found in Schedule.objects.all()] == ["nightly"]
    assert "schedule broken left out" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_many_processes_that_start_at_once_make_one_schedule(code: Code) -> None:
    code(**NIGHTLY)
    at_once(*[sync] * 4)
    assert Schedule.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_brings_the_declarations_into_the_table(code: Code) -> None:
    code(**NIGHTLY)
    housekeeper = Housekeeper()
    housekeeper.start()
    try:
        deadline = time.monotonic() + 20
        while not Schedule.objects.filter(name="nightly", declared=True).exists():
            assert time.monotonic() < deadline
    finally:
        housekeeper.stop()
        housekeeper.join(timeout=10)


class TestChecks:
    def test_sound_declarations_pass(self, code: Code) -> None:
        code(**NIGHTLY)
        assert check_schedules() == []

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            ({"cron": "0 3 * *"}, "wrong number of fields"),
            ({"cron": "0 3 * * *", "timezone": "Berlin"}, "no time zone “Berlin”"),
            ({"every": timedelta(milliseconds=5)}, "at least one second"),
            ({}, "either a cron line or an interval"),
            ({"cron": "0 3 * * *", "every": timedelta(hours=1)}, "either a cron line or an interval"),
            ({"cron": "0 3 * * *", "queue": "nowhere"}, "There is no queue “nowhere”"),
            ({"cron": "0 3 * * *", "missed": "never"}, "missed"),
        ],
    )
    def test_a_declaration_that_cannot_work_is_refused(self, code: Code, options: dict[str, Any], why: str) -> None:
        schedule("broken", tasks.add, {"x": 1, "y": 2}, **options)
        (error,) = check_schedules()
        assert error.id == "jobs.E022"
        assert "“broken”" in error.msg
        assert why in error.msg

    def test_arguments_that_do_not_fit_the_task_are_refused(self, code: Code) -> None:
        schedule("broken", tasks.add, {"z": 1}, cron="0 3 * * *")
        (error,) = check_schedules()
        assert "tests.add" in error.msg

    def test_two_schedules_of_one_name_are_refused(self, code: Code) -> None:
        code(**NIGHTLY)
        schedule("nightly", tasks.add, {"x": 1, "y": 2}, **NIGHTLY)
        assert [error.id for error in check_schedules()] == ["jobs.E021"]

    def test_an_entry_of_beat_for_a_task_of_the_ledger_is_refused(
        self, code: Code, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from focusjobs.celery import app

        entries = {"old": {"task": "tests.add", "schedule": 60}, "other": {"task": "package.task", "schedule": 60}}
        for name, entry in entries.items():
            monkeypatch.setitem(app.conf.beat_schedule, name, entry)
        assert [(error.id, "“old”" in error.msg) for error in check_schedules()] == [("jobs.E023", True)]

    def test_they_run_with_django_s_system_checks(self, code: Code) -> None:
        schedule("broken", tasks.add, {"x": 1, "y": 2}, cron="x")
        assert "jobs.E022" in [error.id for error in run_checks()]
