"""Whom the embedded servers run as, and where they can reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from focusjobs.dev import account
from focusjobs.dev.account import Account, own_directory, reachable, server_account
from focusjobs.dev.errors import DevError

STRANGER = Account(uid=4242, gid=4242)


def test_an_ordinary_user_runs_servers_as_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account.os, "geteuid", lambda: 1000)
    assert server_account() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")
def test_root_runs_servers_as_the_owner_of_existing_data(tmp_path: Path) -> None:
    os.chown(tmp_path, 4242, 4242)
    assert server_account(tmp_path) == STRANGER
    assert server_account(tmp_path / "absent") != STRANGER


def test_a_private_directory_anywhere_above_is_out_of_reach_for_others(tmp_path: Path) -> None:
    inner = tmp_path / "private" / "open"
    inner.mkdir(parents=True)
    for place in (tmp_path, inner.parent, inner):
        place.chmod(0o755)
    above = reachable(tmp_path, STRANGER)  # pytest's own directories are private
    assert reachable(inner, STRANGER) is above
    inner.parent.chmod(0o700)
    assert reachable(inner, STRANGER) is False
    assert reachable(inner, None) is True


def test_a_place_that_somebody_else_prepared_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "trap").symlink_to(tmp_path / "target")
    with pytest.raises(DevError, match="belongs to somebody else"):
        own_directory(tmp_path / "trap", 0o755)
    assert own_directory(tmp_path / "mine", 0o711).stat().st_mode & 0o777 == 0o711
