"""What every test shares: hypothesis profiles, and that no thread left over from another test writes counts."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=100, deadline=None)  # a busy machine is no failure
settings.register_profile("ci", max_examples=100, derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True, scope="session")
def unhurried_counts() -> Iterator[None]:
    """Counts are written where a test says so; a pulse has no database to write to between two tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("focusjobs.jobs.telling.tally.INTERVAL", float("inf"))
        yield
