"""The health checks of containers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import redis
from pytest_django.fixtures import Settings

from focusjobs.celery import app
from focusjobs.health import __main__ as probe
from focusjobs.health import heartbeat
from focusjobs.jobs.beat import LedgerScheduler


class Page(BaseHTTPRequestHandler):
    hosts: list[str]
    status = 200

    def do_GET(self) -> None:
        self.hosts.append(f"{self.headers['Host']}{self.path}")
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Page]]:
    handler = type("OwnPage", (Page,), {"hosts": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        monkeypatch.setenv("PORT", str(server.server_port))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield handler
        server.shutdown()


@pytest.fixture(autouse=True)
def own_list_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "WORKERS", "focusjobs:workers:of-the-probe-tests")


@pytest.mark.parametrize(
    ("allowed", "sent"),
    [(["a.example", "b.example"], "a.example"), ([".c.example"], "c.example"), (["*"], "localhost")],
)
def test_the_web_server_is_asked_under_a_name_that_it_serves(
    page: type[Page], settings: Settings, allowed: list[str], sent: str
) -> None:
    settings.ALLOWED_HOSTS = allowed
    assert probe.main(["web"]) == 0
    assert page.hosts == [f"{sent}/livez"]


def test_a_web_server_that_answers_an_error_is_not_well(page: type[Page], capsys: pytest.CaptureFixture[str]) -> None:
    page.status = 500
    assert probe.main(["web"]) == 1
    assert "HTTP Error 500" in capsys.readouterr().err


def test_no_web_server_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PORT", str(free.getsockname()[1]))
    assert probe.main(["web"]) == 1


def test_a_worker_is_well_while_its_machine_beats(capsys: pytest.CaptureFixture[str]) -> None:
    heartbeat.beat("celery@another-machine")
    assert probe.main(["worker"]) == 1
    assert "No worker of" in capsys.readouterr().err
    heartbeat.beat(f"celery@{socket.gethostname()}")
    assert probe.main(["worker"]) == 0


@pytest.mark.django_db
def test_a_beat_is_well_while_it_ticks(capsys: pytest.CaptureFixture[str]) -> None:
    heartbeat.client().delete(f"focusjobs:beat:{socket.gethostname()}")
    assert probe.main(["beat"]) == 1
    assert "No beat of" in capsys.readouterr().err
    LedgerScheduler(app=app).tick()
    assert probe.main(["beat"]) == 0


def test_a_beat_goes_on_without_redis(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    away = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(heartbeat, "client", lambda: away)
    heartbeat.beat_of_schedules()
    assert "no sign of life sent" in caplog.text


@pytest.mark.parametrize("arguments", [[], ["cook"], ["web", "worker"]])
def test_an_unknown_role_is_answered_with_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert probe.main(arguments) == 2
    assert capsys.readouterr().err == "Usage: python -m focusjobs.health web|worker|beat [--lenient]\n"


@pytest.mark.parametrize("role", ["worker", "beat"])
def test_a_probe_that_restarts_a_process_does_not_do_so_for_redis(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    heartbeat.client().delete(f"focusjobs:beat:{socket.gethostname()}", heartbeat.WORKERS)
    assert probe.main([role, "--lenient"]) == 1
    away = redis.Redis.from_url("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(heartbeat, "client", lambda: away)
    assert probe.main([role]) == 1
    assert probe.main([role, "--lenient"]) == 0


def test_a_probe_that_restarts_web_takes_no_excuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    assert probe.main(["web", "--lenient"]) == 1
