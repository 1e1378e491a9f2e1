"""Random runs of people with several phones, over REST. `make bench BENCH=convergence` plays many more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction
from rest_framework.test import APIClient

from habits.merging import drain
from habits.models import User
from tests.integration.habits.sync.convergence import Accepted, Run
from tests.integration.habits.sync.inbox import accepted
from tests.integration.habits.sync.simulated_phone import Changes
from tests.thoroughness import draws

pytestmark = pytest.mark.django_db

NOON = 1_772_366_400_000
"""2026-03-01 12:00 UTC in milliseconds."""
PREFERENCES = ("respond-async", "wait=10")


class Killed(Exception):
    """The process that merged is gone, and its transaction with it."""


class InProcess:
    """The server in this process, at a time that the test sets; what is pushed is merged at once, later or never."""

    def __init__(self, api: APIClient, user: User, clock: time_machine.Traveller, seed: int) -> None:
        self.api, self.user, self.clock, self.dice = api, user, clock, random.Random(seed)  # noqa: S311
        self.ms = NOON

    def accepted(self, key: str) -> Accepted | None:
        return accepted(self.user, key)

    def now(self) -> int:
        return self.ms

    def pass_time(self) -> None:
        """Let some time go by, in which a worker may merge, or be killed in the middle of it."""
        self.ms += self.dice.randrange(5_000)
        self.clock.move_to(datetime.fromtimestamp(self.ms / 1000, UTC), tick=False)
        chance = self.dice.random()
        if chance < 0.2:
            drain(self.user.pk)
        elif chance < 0.3:
            with suppress(Killed), transaction.atomic():
                drain(self.user.pk)
                raise Killed

    def push(self, changes: Changes, *, device: str, cursor: int | None, key: str) -> dict[str, Any]:
        headers = {"X-Device-Id": device, "Idempotency-Key": key, "Prefer": self.dice.choice(PREFERENCES)}
        url = f"/api/v1/sync/push?last_pulled_at={'null' if cursor is None else cursor}"
        response = self.api.post(url, changes, format="json", headers=headers)
        assert response.status_code in (200, 202), response.content
        return response.json()

    def pull(self, *, device: str, cursor: int | None) -> dict[str, Any]:
        url = f"/api/v1/sync/pull?last_pulled_at={'null' if cursor is None else cursor}&schema_version=1&migration=null"
        response = self.api.get(url, headers={"X-Device-Id": device})
        assert response.status_code == 200, response.content
        return response.json()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime.fromtimestamp(NOON / 1000, UTC), tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize("stock", [False, True], ids=["push first", "pull first"])
@pytest.mark.parametrize("seed", range(draws(12)))
def test_phones_converge_whatever_the_network_does(
    seed: int, stock: bool, api: APIClient, user: User, clock: time_machine.Traveller
) -> None:
    server = InProcess(api, user, clock, seed)
    run = Run(seed, server, stock=stock)
    run.play(between=server.pass_time)
    run.check()
