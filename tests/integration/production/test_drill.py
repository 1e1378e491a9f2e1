"""A backup can be restored, and whatever was under way when it was made goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from focusjobs.dev.binaries import find_postgres
from focusjobs.dev.errors import DevError
from focusjobs.drill import __main__ as drill
from focusjobs.drill import copying
from focusjobs.jobs import ledger
from focusjobs.jobs.models import Job
from tests import tasks
from tests.factories import UserFactory
from tests.integration.habits.phones import Phone, habit, tick
from tests.integration.jobs.conftest import claim, claim_one, ended
from tests.integration.notifications.rows import device_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore, beside the server that the suite runs on."""
    try:
        place = find_postgres().path.parent
    except DevError:
        pytest.skip("No PostgreSQL is installed here.")
    if not (place / "pg_dump").exists():
        pytest.skip(f"{place} has no pg_dump.")
    monkeypatch.setenv("PATH", str(place), prepend=os.pathsep)


@pytest.fixture(autouse=True)
def set_up_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting Django up again would lead the log of all later tests to where this one's output is caught."""
    monkeypatch.setattr("django.setup", lambda: None)


@pytest.fixture
def phone() -> Phone:
    """A phone that has synced a day, with jobs in every state around it."""
    phone = Phone(UserFactory())
    device_of(phone.user)
    phone.push(habits=[habit()], completions=[tick("walk")])
    phone.pull()
    Job.objects.all().delete()
    tasks.add.enqueue_many({"x": x, "y": 1} for x in range(3))
    tasks.add.using(run_after=timedelta(hours=1)).enqueue(x=9, y=1)
    ledger.finish([ended(claim_one())])
    claim(lease=timedelta(seconds=-1), worker="gone")
    return phone


@pytest.fixture
def restored(phone: Phone) -> Iterator[str]:
    """A database that was restored from a dump of the present one."""
    database = f"{connection.settings_dict['NAME']}_drill"
    assert drill.main(["--keep"]) == 0
    yield database
    with copying.connected() as link:
        copying.drop(link, database)


@contextmanager
def instead(database: str) -> Iterator[None]:
    """Work on another database, as the product does once a backup has taken the place of what was lost."""
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own


def databases() -> set[str]:
    with copying.connected() as link:
        return {name for (name,) in link.execute("SELECT datname FROM pg_database").fetchall()}


def spoil(database: str, statement: str) -> None:
    with copying.connected(database) as link:
        link.execute(statement)  # type: ignore[call-overload]


def test_a_drill_restores_everything_and_leaves_nothing_behind(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    before = databases()
    assert drill.main([]) == 0
    told = capsys.readouterr().out
    assert databases() == before
    assert "         1 jobs that wait\n         1 jobs that are put off\n         1 jobs that ran" in told
    assert "         1 phones that start anew" in told
    assert [word for word in ("dumped", "restored", "compared", "checked") if f"{word} in " not in told] == []
    assert told.endswith("The backup is whole.\n")


def test_jobs_that_ran_when_the_backup_was_made_are_taken_back_and_none_is_lost(restored: str) -> None:
    states = sorted(Job.objects.values_list("id", "state"))
    with instead(restored):
        assert sorted(Job.objects.values_list("id", "state")) == states
        assert ledger.reap() == ["default"]
        assert sorted(Job.objects.values_list("state", flat=True)) == ["completed", "delayed", "waiting", "waiting"]
        assert len(claim(5)) == 2
        newest = Job.objects.latest("pk").pk
        tasks.add.enqueue(x=1, y=1)
        assert Job.objects.latest("pk").pk == newest + 1


def test_a_phone_that_has_pulled_since_the_backup_starts_anew(phone: Phone, restored: str) -> None:
    backed_up = phone.cursor
    phone.push(completions=[tick("walk", day="2026-01-02")])
    phone.pull()
    assert phone.cursor == backed_up + 1
    with instead(restored):
        answer = phone.pull()
    assert answer["experimentalStrategy"] == "replacement"
    assert [row["date"] for row in answer["changes"]["completions"]["updated"]] == ["2026-01-01"]


def test_all_that_is_wrong_with_a_restored_database_is_told(restored: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(restored, "DELETE FROM django_migrations WHERE app = 'habits'")
    spoil(restored, "UPDATE habits_syncstate SET version = 0")
    spoil(restored, "UPDATE habits_syncdevice SET issued = 10 ^ 6")
    spoil(restored, "SELECT setval(pg_get_serial_sequence('jobs_job', 'id'), 1)")
    spoil(restored, "UPDATE notifications_device SET address = 'other.key'")
    capsys.readouterr()
    assert drill.main(["--restored", restored]) == 1
    told = capsys.readouterr()
    assert "migrations that this release knows are not applied." in told.err
    assert "1 habits have a version that is later than their person's" in told.err
    assert "1 phones were given a later version than there is" in told.err
    assert "The next number of jobs_job is one that it has already." in told.err
    assert "1 addresses of devices cannot be read" in told.err
    assert told.out.endswith("The backup is NOT whole.\n")


def test_a_copy_that_differs_from_what_was_dumped_is_told(restored: str) -> None:
    spoil(restored, "DELETE FROM jobs_job WHERE state = 'delayed'")
    spoil(restored, "UPDATE habits_user SET email = 'other@example.com'")
    spoil(restored, "DROP INDEX job_ready; DROP TABLE jobs_throttle")
    with copying.connected() as here, copying.connected(restored) as there:
        contents = [drill.contents(link) for link in (here, there)]
        found = list(drill.differences(*contents, drill.objects(here), drill.objects(there)))
    assert "jobs_job had 4 rows, and has 3." in found
    assert "Rows of habits_user have other values." in found
    assert "The table jobs_throttle is only in the dumped database." in found
    assert "Missing: index job_ready." in found


def test_a_drill_takes_its_time_whatever_requests_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=5s -c idle_in_transaction_session_timeout=5s")
    with copying.connected() as link:
        assert link.execute("SHOW statement_timeout").fetchone() == ("0",)
        assert link.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("0",)


def test_a_database_of_that_name_is_left_alone(phone: Phone, capsys: pytest.CaptureFixture[str]) -> None:
    assert drill.main(["--into", connection.settings_dict["NAME"]]) == 1
    assert "already. Drop it, or name another one" in capsys.readouterr().err
    assert Job.objects.count() == 4


def test_without_the_programs_the_drill_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    before = databases()
    assert drill.main([]) == 1
    assert "pg_dump is not on the PATH. Install the client programs" in capsys.readouterr().err
    assert databases() == before
