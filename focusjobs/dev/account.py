"""The operating system account that the embedded servers run as.

PostgreSQL refuses to run as root. So root starts the servers as `nobody`; everybody else starts them as themselves.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from focusjobs.dev.errors import DevError


@dataclass(frozen=True)
class Account:
    """A user and group to give servers to."""

    uid: int
    gid: int


def server_account(data: Path | None = None) -> Account | None:
    """Return whom to run servers as, or None for the current user.

    Only root switches: to the owner of data that is there already (made by an ordinary user), else to `nobody`.
    """
    if os.geteuid() != 0:
        return None
    if data is not None and data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise DevError(
            "PostgreSQL does not run as root, and this machine has no user `nobody`: use another user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable(path: Path, account: Account | None) -> bool:
    """Tell whether `account` may enter `path` and every directory above it, by their permission bits."""
    return account is None or all(_may_enter(place, account) for place in (path, *path.parents))


def _may_enter(place: Path, account: Account) -> bool:
    status = place.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def own_directory(path: Path, mode: int) -> Path:
    """Create `path` for the current user, or accept it when it is already theirs.

    The name may be guessable in a place that anybody can write to, hence the checks. Raises `DevError` when somebody
    else made it first.
    """
    path.mkdir(mode=mode, parents=False, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise DevError(f"{path} belongs to somebody else: remove it, or run as its owner.")
    path.chmod(mode)
    return path
