"""What several processes that send at once share: the breaker, and the token by which Apple knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

from notifications.delivery.statements import CLAIMED_AT_ONCE
from notifications.models import Delivery, ProviderState
from tests.providers import Providers
from tests.senders import Sender
from tests.services import guard_mark
from tests.workers import eventually

from .outbox import scripted, states
from .rows import deliveries_to

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[[str], None]
SENDERS = 3
PATIENCE = 120.0
"""Seconds: three processes that start and send at once take a while on a busy machine."""


@pytest.fixture
def begin(push: Providers, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """Lets processes send through a transport, all from the same moment, until the test ends."""
    mark = guard_mark(request.config)
    running: list[Sender] = []

    def start(transport: str) -> None:
        for _ in range(SENDERS):
            sender = Sender(tmp_path_factory.mktemp("sender"), mark, transport, settings.PUSH_TRANSPORTS)
            running.append(sender.start(wait=False))
        for sender in running:
            sender.wait_until_ready()
        for sender in running:
            sender.begin()

    yield start
    for sender in running:
        sender.kill()


def test_a_refused_credential_stops_all_senders_and_makes_no_storm_of_token_requests(
    push: Providers, begin: Begin
) -> None:
    deliveries_to("fcm", [f"phone{number}" for number in range(2000)])
    scripted(push, 401, "UNAUTHENTICATED")
    begin("fcm")
    eventually(lambda: ProviderState.objects.filter(transport="fcm", breaker="open").exists(), seconds=PATIENCE)
    eventually(lambda: states() == {"pending": 2000}, seconds=PATIENCE)

    assert push.report("oauth")["requests"] <= 2 * SENDERS  # each its first token, and one in its place
    assert push.report("fcm")["requests"] <= SENDERS * CLAIMED_AT_ONCE
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_apple_knows_all_senders_by_one_token(push: Providers, begin: Begin) -> None:
    push.set("apns", seconds=0.2)  # so that none of them has sent everything before the others begin
    deliveries_to("apns", [f"{number:064x}" for number in range(900)])
    begin("apns")
    eventually(lambda: states() == {"sent": 900}, seconds=PATIENCE)

    report = push.report("apns")
    assert report["connected"] > 1
    assert report["tokens"] in {1, 2}, "two where the window has just changed"
    assert len(push.accepted("apns")) == 900
