"""What several processes that send at once share: the breaker, and the token by which Apple knows them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from focusjobs.dev.guard import RUN_VARIABLE
from notifications.delivery.statements import CLAIMED_AT_ONCE
from notifications.models import Delivery, ProviderState
from tests.providers import Providers
from tests.services import SERVICES
from tests.workers import eventually

from .outbox import scripted, states
from .rows import deliveries_to

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[3]
SENDERS = 3
PATIENCE = 120.0
"""Seconds: three processes that start and send at once take a while on a busy machine."""


@pytest.fixture
def begin(push: Providers, request: pytest.FixtureRequest) -> Iterator[Callable[[str], None]]:
    """Lets processes send through a transport, all from the same moment, until the test ends."""
    services = request.config.stash.get(SERVICES, None)
    # With this mark the servers' guard ends them, should this process be killed.
    mark = {RUN_VARIABLE: str(services.run_directory)} if services else {}
    running: list[subprocess.Popen[str]] = []

    def start(transport: str) -> None:
        command = [sys.executable, "-m", "tests.senders", transport]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        environment = {**os.environ, **mark, **addresses()}
        running.extend(subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) for _ in range(SENDERS))
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    yield start
    for process in running:
        process.kill()
        process.communicate()


def addresses() -> dict[str, str]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database.geturl(),
        "REDIS_URL": settings.REDIS_URL,
        "PUSH_TRANSPORTS": json.dumps(settings.PUSH_TRANSPORTS),
        "PUSH_RATES": "default=1000000",
        "LOG_LEVEL": "ERROR",
    }


def test_a_refused_credential_stops_all_senders_and_makes_no_storm_of_token_requests(
    push: Providers, begin: Callable[[str], None]
) -> None:
    deliveries_to("fcm", [f"phone{number}" for number in range(2000)])
    scripted(push, 401, "UNAUTHENTICATED")
    begin("fcm")
    eventually(lambda: ProviderState.objects.filter(transport="fcm", breaker="open").exists(), seconds=PATIENCE)
    eventually(lambda: states() == {"pending": 2000}, seconds=PATIENCE)

    assert push.report("oauth")["requests"] <= 2 * SENDERS  # each its first token, and one in its place
    assert push.report("fcm")["requests"] <= SENDERS * CLAIMED_AT_ONCE
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_apple_knows_all_senders_by_one_token(push: Providers, begin: Callable[[str], None]) -> None:
    push.set("apns", seconds=0.2)  # so that none of them has sent everything before the others begin
    deliveries_to("apns", [f"{number:064x}" for number in range(900)])
    begin("apns")
    eventually(lambda: states() == {"sent": 900}, seconds=PATIENCE)

    report = push.report("apns")
    assert report["connected"] > 1
    assert report["tokens"] in {1, 2}, "two where the window has just changed"
    assert len(push.accepted("apns")) == 900
