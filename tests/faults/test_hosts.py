"""Web, two workers, PostgreSQL and Valkey on machines of their own, of which a worker's is cut off from the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.hosts.network import why_not

ROOT = Path(__file__).parents[2]
REFUSAL = why_not()

pytestmark = pytest.mark.skipif(bool(REFUSAL), reason=f"this machine cannot stand for several: {REFUSAL}")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """What `make bench BENCH=hosts QUICK=1` counts, on servers of its own."""
    own = {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in own}
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.hosts"],
        cwd=ROOT,
        env={**environment, "QUICK": "1", "SEED": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return figures


def test_nothing_is_lost_or_doubled_when_a_worker_is_cut_off_in_the_middle_of_its_jobs(found: dict[str, Any]) -> None:
    assert found["jobs"] > 0
    assert found["ticks"] > 0
    assert (found["lost"], found["doubled"]) == (0, 0)


def test_only_jobs_that_the_worker_held_may_have_been_repeated(found: dict[str, Any]) -> None:
    assert found["repeated_unheld"] == 0
    assert found["repeated"] <= found["bound"]


def test_the_other_worker_takes_its_jobs_over_and_the_fence_refuses_what_it_writes_later(found: dict[str, Any]) -> None:
    (cut,) = found["cuts"]
    assert cut["held"] > 0
    assert cut["taken"] is not None
    assert found["refused"] > 0
