"""Pytest plugin (`-p tests.services`): embedded PostgreSQL and Valkey for the run, unless their addresses are given."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from focusjobs.dev.environment import given
from focusjobs.dev.services import DevServices

SERVICES = pytest.StashKey[DevServices]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Start before pytest-django, whose hook is no wrapper, imports the settings."""
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
    services = DevServices(postgres=not given("DATABASE_URL"), valkey=not given("REDIS_URL"))
    if any(services.wanted.values()) and not early_config.known_args_namespace.help:
        os.environ.update(services.start())
        early_config.stash[SERVICES] = services
    return (yield)


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
