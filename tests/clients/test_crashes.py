"""The server's processes are killed while phones sync."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from habits.models import Completion, SyncPush
from tests.clients.phone import Offline, Phone, both_sync
from tests.clients.web import WebServer
from tests.holding import waiting_backends
from tests.workers import Worker, eventually

DAY = "2026-03-01"


@contextmanager
def merging_held_up() -> Iterator[None]:
    """Hold every person's lock, so that whoever merges waits for it in the middle of their work."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM habits_syncstate FOR UPDATE")
        yield


def test_a_push_that_was_being_merged_when_the_web_server_died_is_neither_lost_nor_doubled(
    phone: Phone, other: Phone, web: WebServer
) -> None:
    habit = phone("create_habit", name="Water", kind="counted")
    both_sync(phone, other)
    phone("tick", habit=habit, date=DAY, value=3)
    with ThreadPoolExecutor(1) as pool, merging_held_up():
        syncing = pool.submit(phone.sync)
        eventually(waiting_backends)
        web.kill()
        with pytest.raises(Offline):
            syncing.result()
    assert phone.unsynced()

    web.start()
    both_sync(phone, other)

    assert [row["value"] for row in other.rows()["completions"]] == [3]
    assert other.rows() == phone.rows()
    assert not phone.unsynced()


def test_a_push_merges_although_the_worker_is_killed_in_the_middle_of_it(
    phone: Phone, other: Phone, worker: Worker
) -> None:
    habit = phone("create_habit", name="Water", kind="counted")
    both_sync(phone, other)
    phone("tick", habit=habit, date=DAY, value=3)
    with merging_held_up():
        push_alone(phone)
        eventually(waiting_backends)
        worker.kill()
    assert SyncPush.objects.filter(merged_at=None).exists()

    both_sync(phone, other)  # a pull merges what waits

    assert [row["value"] for row in other.rows()["completions"]] == [3]
    assert other.rows() == phone.rows()


def test_a_worker_merges_what_a_phone_left_behind(phone: Phone, other: Phone, worker: Worker) -> None:
    habit = phone("create_habit", name="Run")
    both_sync(phone, other)
    phone("tick", habit=habit, date=DAY)

    push_alone(phone)
    eventually(lambda: not SyncPush.objects.filter(merged_at=None).exists())

    assert [completion.value for completion in Completion.objects.filter(habit__client_id=habit)] == [1000]


def push_alone(phone: Phone) -> None:
    """Push without waiting for the merge, and lose the connection before the pull."""
    with pytest.raises(Offline):
        phone.sync(prefer="respond-async", pull=["lost"] * 4)
    assert not phone.unsynced()
