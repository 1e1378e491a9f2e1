"""Pytest plugin (`-p tests.services`): embedded PostgreSQL and Valkey for the run, unless their addresses are given.

Where pytest-xdist spreads the tests over processes (`-n auto`), each of those has servers of its own.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from unittest.mock import patch

import pytest

from focusjobs.dev.environment import given
from focusjobs.dev.guard import RUN_VARIABLE
from focusjobs.dev.services import DevServices

NOWHERE = {"DATABASE_URL": "postgresql://nowhere/nowhere", "REDIS_URL": "redis://nowhere"}
"""For a process that imports the settings and runs no test."""

SERVICES = pytest.StashKey[DevServices]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Start before pytest-django, whose hook is no wrapper, imports the settings."""
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
    services = DevServices(postgres=not given("DATABASE_URL"), valkey=not given("REDIS_URL"))
    if not any(services.wanted.values()) or early_config.known_args_namespace.help:
        return (yield)
    if _only_spreads(early_config):
        with patch.dict(os.environ, NOWHERE):
            return (yield)
    os.environ.update(services.start())
    early_config.stash[SERVICES] = services
    return (yield)


def _only_spreads(config: pytest.Config) -> bool:
    """Tell whether the tests run in other processes than this."""
    return bool(config.known_args_namespace.numprocesses) and "PYTEST_XDIST_WORKER" not in os.environ


def guard_mark(config: pytest.Config) -> dict[str, str]:
    """Give the variable by which the servers' guard ends a process that carries it, should this one be killed."""
    services = config.stash.get(SERVICES, None)
    return {RUN_VARIABLE: str(services.run_directory)} if services else {}


def pytest_report_header(config: pytest.Config) -> str:
    started = config.stash.get(SERVICES, None)
    versions = started.versions if started else {}
    told = [f"{name} {versions.get(name, 'given')}" for name in ("postgres", "valkey")]
    return f"services: {', '.join(told)}"


def pytest_unconfigure(config: pytest.Config) -> None:
    started = config.stash.get(SERVICES, None)
    if started:
        started.stop()
        for name in started.environment:
            del os.environ[name]
