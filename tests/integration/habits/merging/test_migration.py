"""Records from before there was a sync get an owner, the identifier that phones work out, and a stamp."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connections
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from habits.domain.identity import completion_id
from habits.domain.merge import Register
from habits.merging.habits import REGISTERS

BEFORE = [("habits", "0001_initial")]
NAME = "before_sync"
UUID_HABIT = "6f1d3a52-0c5e-4f0e-9d6e-2f3a4b5c6d7e"
SPRING, SUMMER = datetime(2026, 3, 20, 7, 30, 0, 250_000, UTC), datetime(2026, 6, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def old(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Any]:
    """A database of its own, as far as the first migration of this app."""
    with django_db_blocker.unblock():
        server = connections["default"]
        with server._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {NAME}")
        connections.settings[NAME] = {**connections.settings["default"], "NAME": NAME}
        try:
            MigrationExecutor(connections[NAME]).migrate(BEFORE)
            yield connections[NAME]
        finally:
            connections[NAME].close()
            del connections[NAME], connections.settings[NAME]
            with server._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {NAME}")


def latest(executor: MigrationExecutor) -> list[tuple[str, str]]:
    return executor.loader.graph.leaf_nodes("habits")


@pytest.fixture(scope="module")
def migrated(old: Any) -> dict[str, Any]:
    """Two people's habits and records, taken through all later migrations; the models as they are then."""
    executor = MigrationExecutor(old)
    apps = executor.loader.project_state(BEFORE).apps
    user, habit, completion = (apps.get_model("habits", name) for name in ("User", "Habit", "Completion"))
    ana, ben = (user.objects.using(NAME).create(email=f"{name}@example.com") for name in ("ana", "ben"))
    walk, tea, read = (
        habit.objects.using(NAME).create(user=owner, client_id=client_id, name=client_id, kind=kind)
        for owner, client_id, kind in ((ana, UUID_HABIT, "yes_no"), (ana, "tea", "counted"), (ben, "read", "yes_no"))
    )
    records = [
        completion(habit=walk, day=date(2026, 3, 20), value=1000, note="early"),
        completion(habit=tea, day=date(2026, 3, 20), value=3000),
        completion(habit=tea, day=date(2026, 3, 21), skipped=True),
        completion(habit=read, day=date(2026, 3, 20), value=0),
    ]
    habit.objects.using(NAME).update(updated_at=SUMMER)
    completion.objects.using(NAME).bulk_create(records)
    completion.objects.using(NAME).update(updated_at=SPRING)
    completion.objects.using(NAME).filter(habit=read).update(updated_at=SUMMER)
    executor.loader.build_graph()
    executor.migrate(latest(executor))
    apps = executor.loader.project_state(latest(executor)).apps
    return {name: apps.get_model("habits", name).objects.using(NAME) for name in ("Habit", "Completion", "SyncState")}


def test_records_get_their_owners_and_identifiers(migrated: dict[str, Any]) -> None:
    found = migrated["Completion"].order_by("id").values_list("user__email", "habit__client_id", "day", "client_id")

    assert list(found) == [
        (owner, habit, day, completion_id(habit, day))
        for owner, habit, day in (
            ("ana@example.com", UUID_HABIT, date(2026, 3, 20)),
            ("ana@example.com", "tea", date(2026, 3, 20)),
            ("ana@example.com", "tea", date(2026, 3, 21)),
            ("ben@example.com", "read", date(2026, 3, 20)),
        )
    ]
    assert found[0][3] == str(uuid.uuid5(uuid.UUID(UUID_HABIT), "2026-03-20"))


def test_records_are_stamped_as_edits_of_the_server_at_their_latest_change(migrated: dict[str, Any]) -> None:
    registers = [
        (Register(row.value_ms, row.value_device, row.value), Register(row.note_ms, row.note_device, row.note))
        for row in migrated["Completion"].order_by("id")
    ]

    spring, summer = (round(moment.timestamp() * 1000) for moment in (SPRING, SUMMER))
    assert registers == [
        (Register(spring, "server", 1000), Register(spring, "server", "early")),
        (Register(spring, "server", 3000), Register(spring, "server", "")),
        (Register(spring, "server", None), Register(spring, "server", "")),
        (Register(summer, "server", 0), Register(summer, "server", "")),
    ]
    assert spring % 1000 == 250


def test_every_field_of_a_habit_is_stamped_as_edited_when_the_habit_was(migrated: dict[str, Any]) -> None:
    summer = round(SUMMER.timestamp() * 1000)

    for stamps in migrated["Habit"].values_list("stamps", flat=True):
        assert stamps == {name: [summer, "server"] for name in REGISTERS}


def test_all_rows_are_at_the_first_version_which_every_new_phone_fetches(migrated: dict[str, Any]) -> None:
    for name in ("Habit", "Completion"):
        assert set(migrated[name].values_list("version", flat=True)) == {1}
    assert set(migrated["Completion"].values_list("slot", flat=True)) == {""}
    assert set(migrated["Habit"].values_list("deleted", flat=True)) == {False}


def test_from_then_on_records_are_guarded_and_unique(migrated: dict[str, Any]) -> None:
    with pytest.raises(ProgrammingError, match="outside of a merge"):
        migrated["Completion"].update(value=0)
    with connections[NAME].cursor() as cursor:
        cursor.execute("SELECT set_config('sync.version', 'test', false)")
    with pytest.raises(IntegrityError, match="completion_client_id_unique"):
        migrated["Completion"].filter(habit__client_id="tea").update(client_id="same")
