"""How many processes run the tests."""

from __future__ import annotations

import pytest

from tests import spreading


@pytest.mark.parametrize(("cores", "processes"), [(1, 2), (2, 3), (7, 8), (64, 8)])
def test_there_is_a_process_more_than_there_are_cores_and_eight_at_most(
    cores: int, processes: int, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "cores", lambda: cores)
    assert pytestconfig.hook.pytest_xdist_auto_num_workers(config=pytestconfig) == processes
