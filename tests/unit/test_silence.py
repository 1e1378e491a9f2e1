"""How soon a connection is given up whose other end no longer answers; `tests/faults/test_hosts.py` cuts some off."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from focusjobs import silence


def test_both_ends_of_a_database_connection_give_up_within_the_silence() -> None:
    options = silence.of_postgres(timedelta(seconds=15))
    assert options["tcp_user_timeout"] == 15_000
    assert options["keepalives_interval"] * options["keepalives_count"] == 15


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has all of these options")
def test_a_socket_to_redis_takes_the_options() -> None:
    with socket.socket() as tcp:
        for name, value in silence.of_socket(timedelta(seconds=15)).items():
            tcp.setsockopt(socket.IPPROTO_TCP, name, value)
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5


def test_the_product_uses_them() -> None:
    assert connection.settings_dict["OPTIONS"].items() >= silence.of_postgres(settings.DATABASE_SILENCE).items()
    broker = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    assert broker["socket_keepalive_options"] == silence.of_socket(settings.DATABASE_SILENCE)
    assert settings.DATABASE_SILENCE < settings.JOBS_LEASE
