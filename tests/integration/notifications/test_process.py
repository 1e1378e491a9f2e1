"""What a process does about transports when it starts and when it ends."""

from __future__ import annotations

from typing import Any

import pytest
from celery.signals import worker_process_shutdown, worker_shutdown
from celery.utils.dispatch import Signal
from django.apps import apps

from notifications.delivery.sending import send_due
from notifications.transports import configure, configured
from notifications.transports.wire import runtime
from tests.providers import Providers

from .outbox import states
from .rows import deliveries_to


@pytest.mark.parametrize("signal", [worker_process_shutdown, worker_shutdown], ids=["a child of the pool", "a worker"])
@pytest.mark.django_db
def test_a_process_that_ends_closes_its_connections_and_another_makes_its_own(push: Providers, signal: Signal) -> None:
    deliveries_to("fcm", ["phone"])
    send_due("fcm", 20)
    before = runtime()
    assert push.report("fcm")["connections"] == 1
    signal.send(sender=None, pid=1, exitcode=0)

    assert before.has_ended
    push.wait_until("fcm", lambda report: report["connections"] == 0)
    deliveries_to("fcm", ["other"])
    send_due("fcm", 20)
    assert states() == {"sent": 2}


def test_a_process_knows_the_transports_of_the_settings_from_its_start(settings: Any) -> None:
    configure({"elsewhere": {"kind": "console"}})
    apps.get_app_config("notifications").ready()

    assert configured() == tuple(settings.PUSH_TRANSPORTS)
    assert "elsewhere" not in configured()
