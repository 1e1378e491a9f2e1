"""The probes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from django.db import connection
from django.test import Client

from focusjobs.health import heartbeat, views

WORKER = "worker@test"


@pytest.fixture(autouse=True)
def own_list_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real workers of other tests, or of a demo on the same Redis, are not seen here."""
    monkeypatch.setattr(heartbeat, "WORKERS", "focusjobs:workers:of-the-health-tests")


@pytest.fixture
def live_worker() -> Iterator[None]:
    heartbeat.beat(WORKER)
    yield
    heartbeat.forget(WORKER)


@pytest.fixture
def unreachable_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(heartbeat, "client", lambda: absent)


def test_livez_touches_no_store(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_answers_200_when_everything_is_there(client: Client, live_worker: None) -> None:
    answer = client.get("/readyz")
    checks = {"database": "ok", "broker": "ok", "migrations": "ok", "workers": "ok"}
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": checks})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_readyz_answers_503_without_a_worker(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["workers"] == "none alive"
    assert answer.json()["checks"]["database"] == "ok"


@pytest.mark.django_db
def test_readyz_answers_503_without_redis_and_does_not_tell_its_address(
    client: Client, unreachable_redis: None
) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": "ok",
        "broker": "ConnectionError",
        "migrations": "ok",
        "workers": "ConnectionError",
    }
    assert b"nowhere" not in answer.content


@pytest.mark.django_db
def test_readyz_answers_503_while_migrations_are_pending(client: Client, live_worker: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications' OR app = 'sessions'")
    views.check_migrations.cache_clear()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"].endswith(" pending")


def test_readyz_answers_503_without_a_database(
    client: Client, live_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise views.DatabaseError("could not connect to db.internal")

    for name in ("database", "migrations"):
        monkeypatch.setitem(views.CHECKS, name, refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "DatabaseError"
    assert b"db.internal" not in answer.content


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_refuse_to_be_posted_to(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_a_worker_that_stops_beating_is_forgotten() -> None:
    heartbeat.beat(WORKER)
    assert heartbeat.live_workers() == [WORKER]
    assert 0 < heartbeat.client().pttl(f"focusjobs:worker:{WORKER}") <= 10_000
    heartbeat.client().delete(f"focusjobs:worker:{WORKER}")  # what the time to live does
    assert heartbeat.live_workers() == []
    assert not heartbeat.client().exists(heartbeat.WORKERS)


@pytest.mark.django_db
def test_readyz_can_leave_out_what_a_web_process_does_without(client: Client, unreachable_redis: None) -> None:
    answer = client.get("/readyz?only=database,migrations")
    assert (answer.status_code, answer.json()["checks"]) == (200, {"database": "ok", "migrations": "ok"})


def test_readyz_refuses_a_check_that_there_is_not(client: Client) -> None:
    answer = client.get("/readyz?only=database,coffee")
    assert (answer.status_code, answer.json()["checks"]) == (400, {"coffee": "unknown"})
