"""Probes for load balancers and orchestrators: `/livez` (this process answers) and `/readyz` (it can do its work)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import RedisError

from focusjobs.health import heartbeat
from focusjobs.sql import rows

logger = logging.getLogger(__name__)


class NotReadyError(Exception):
    """Something this process needs is absent; the message may be shown to anybody."""


@require_safe
@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process can answer at all. Touches nothing: restarting would not repair a database."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, broker, migrations and at least one worker are there, else 503 with what is not.

    `?only=database,migrations` asks for these alone: a balancer that took every web process out because Redis is away
    would make of a delay an outage. 400 for a check that there is not.
    """
    wanted = request.GET.get("only", ",".join(CHECKS)).split(",")
    if unknown := sorted(set(wanted) - CHECKS.keys()):
        return JsonResponse({"status": "no such check", "checks": dict.fromkeys(unknown, "unknown")}, status=400)
    checks = {name: _outcome(name, CHECKS[name]) for name in wanted}
    ready = all(outcome == "ok" for outcome in checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


def _outcome(name: str, check: Callable[[], object]) -> str:
    """Run a check; the answer of a store's failure is its kind alone, as its words may hold addresses."""
    try:
        check()
    except NotReadyError as error:
        return str(error)
    except (DatabaseError, RedisError) as error:
        logger.warning("The check of %s failed: %s", name, error)
        return type(error).__name__
    return "ok"


def check_database() -> None:
    """Run the smallest query. Raises `DatabaseError`."""
    rows("SELECT 1")


def check_broker() -> None:
    """Ping Redis. Raises `RedisError`."""
    heartbeat.client().ping()


@lru_cache
def check_migrations() -> None:
    """Compare the migrations of this code with those applied; asked until it succeeds, then known for good.

    Reading the graph costs tens of milliseconds, and migrations are not taken back under a running process. Raises
    `NotReadyError` or `DatabaseError`, which are not remembered.
    """
    pending = pending_migrations()
    if pending:
        raise NotReadyError(f"{pending} pending")


def check_workers() -> None:
    """Look for a live worker. Raises `NotReadyError` or `RedisError`."""
    if not heartbeat.live_workers():
        raise NotReadyError("none alive")


def pending_migrations() -> int:
    """Return how many migrations of this code the database lacks. Raises `DatabaseError`."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


CHECKS: dict[str, Callable[[], object]] = {
    "database": check_database,
    "broker": check_broker,
    "migrations": check_migrations,
    "workers": check_workers,
}
