"""Nothing is sent through a transport that cannot work, that its operators have paused, or that says so itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications import services
from notifications.delivery.claiming import claim
from notifications.delivery.sending import send_due
from notifications.delivery.statements import CLAIMED_AT_ONCE
from notifications.models import ProviderState
from tests.providers import Providers

from .outbox import ALIVE, claim_one, scripted, states
from .rows import deliveries_to

pytestmark = pytest.mark.django_db


def test_a_wrong_credential_opens_the_breaker_without_a_storm_of_tokens(push: Providers) -> None:
    deliveries_to("fcm", [f"phone{number}" for number in range(600)])
    scripted(push, 401, "UNAUTHENTICATED")
    send_due("fcm", 20)

    state = ProviderState.objects.get(transport="fcm")
    assert (state.breaker, states()) == ("open", {"pending": 600})
    assert push.report("oauth")["requests"] <= 2
    before = push.report("fcm")["requests"]
    assert before <= CLAIMED_AT_ONCE  # of one batch, and most of it not even tried
    progress = send_due("fcm", 20)
    assert progress.wait is not None
    assert push.report("fcm")["requests"] == before


def test_a_breaker_lets_one_message_through_and_closes_when_it_passes(push: Providers) -> None:
    deliveries_to("fcm", ALIVE)
    scripted(push, 403, "PERMISSION_DENIED", times=20)
    send_due("fcm", 20)
    push.script("fcm")
    before = push.report("fcm")["requests"]
    ProviderState.objects.update(retry_at=timezone.now())
    claim_one("fcm")
    assert claim("fcm", timezone.now()).held == ()  # while the trial is out

    assert ProviderState.objects.get(transport="fcm").breaker == "half_open"
    assert push.report("fcm")["requests"] == before


def test_an_operator_closes_the_breaker_and_everything_goes_out(push: Providers) -> None:
    deliveries_to("fcm", ALIVE)
    scripted(push, 403, "PERMISSION_DENIED", times=20)
    send_due("fcm", 20)
    push.script("fcm")
    services.close_breaker(transport="fcm")
    send_due("fcm", 20)

    assert states() == {"sent": 20}


def test_a_paused_transport_sends_nothing_until_it_is_resumed(push: Providers) -> None:
    deliveries_to("fcm", ALIVE)
    services.pause_provider(transport="fcm", until=timezone.now() + timedelta(hours=1), reason="migration")
    progress = send_due("fcm", 20)
    assert progress.wait is not None
    assert (states(), push.report("fcm")["requests"]) == ({"pending": 20}, 0)
    services.resume_provider(transport="fcm")
    send_due("fcm", 20)

    assert states() == {"sent": 20}


def test_a_transport_that_cannot_work_says_why_and_leaves_everything_pending(push: Providers, settings: Any) -> None:
    deliveries_to("unheard", ["phone"])
    progress = send_due("unheard", 20)

    assert progress.wait == timedelta(seconds=60)
    assert "There is no transport “unheard”" in ProviderState.objects.get(transport="unheard").problem
    assert states() == {"pending": 1}
