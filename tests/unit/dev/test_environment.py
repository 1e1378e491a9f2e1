"""How commands find the demo that runs beside them."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import pytest

from focusjobs.dev.environment import given, join_running_demo, publish, web_port
from focusjobs.dev.errors import DevError


@pytest.fixture(autouse=True)
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("DATABASE_URL", "REDIS_URL", "DEBUG", "PORT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("DEV_DIRECTORY", str(tmp_path))
    return tmp_path


def test_a_setting_is_given_by_value_or_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not given("REDIS_URL")
    monkeypatch.setenv("REDIS_URL_FILE", "/run/secrets/redis")
    assert given("REDIS_URL")


def test_commands_join_the_demo_that_runs(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish({"DATABASE_URL": "postgresql://a?host=%2Ftmp", "REDIS_URL": "unix:///v?db=0", "DEBUG": "1"})
    assert (directory / "env").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("REDIS_URL", "redis://given")
    with (directory / "demo.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        join_running_demo()
    assert os.environ["DATABASE_URL"] == "postgresql://a?host=%2Ftmp"
    assert os.environ["REDIS_URL"] == "redis://given"
    assert os.environ["DEBUG"] == "1"


def test_addresses_left_by_a_demo_that_has_ended_are_not_used(directory: Path) -> None:
    publish({"DATABASE_URL": "postgresql://stale", "REDIS_URL": "unix:///stale"})
    (directory / "demo.lock").touch()
    with pytest.raises(DevError, match="no demo runs from this directory"):
        join_running_demo()
    assert "DATABASE_URL" not in os.environ


def test_given_addresses_need_no_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://given")
    monkeypatch.setenv("REDIS_URL", "redis://given")
    join_running_demo()
    assert "DEBUG" not in os.environ


def test_a_port_in_use_is_refused_with_another_one_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(DevError, match=rf"Port {port} cannot be used .*: `PORT=9000 make demo`"):
            web_port()
    assert web_port() == port
