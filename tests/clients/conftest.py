"""Real phones, a real web server and a real worker on the test's database."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from django.core.management import call_command

from tests.clients.phone import PROGRAM, Drawer, NewPhone, Phone
from tests.clients.web import WebServer
from tests.faults.conftest import transactional_db, worker, workers  # noqa: F401 - fixtures
from tests.services import guard_mark

NODE = 20
"""The oldest release of Node.js on which WatermelonDB runs with the phone's program."""


@pytest.fixture(scope="session")
def watermelondb() -> None:
    """WatermelonDB as the lock file pins it. Skips without Node.js; where that is, CI insists on the installation."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip(f"no Node.js with npm: the tests with WatermelonDB need version {NODE} or newer")
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < NODE:
        pytest.skip(f"Node.js is {version.strip()}: the tests with WatermelonDB need version {NODE} or newer")
    if error := _install():
        assert not os.environ.get("CI"), error
        pytest.skip(f"WatermelonDB could not be installed from the npm registry: {error[-300:]}")


def _install() -> str:
    """Install once for each lock file, one process at a time, and give what npm said if it failed."""
    pins = hashlib.sha256((PROGRAM / "package-lock.json").read_bytes()).hexdigest()
    with (PROGRAM / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ready = PROGRAM / "node_modules" / ".ready"
        if ready.exists() and ready.read_text() == pins:
            return ""
        with TemporaryDirectory() as cache:  # an account without a home has no other
            # No package needs its scripts: SQLite comes as a binary.
            npm = subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", f"--cache={cache}"],
                cwd=PROGRAM,
                capture_output=True,
                text=True,
            )
        if npm.returncode:
            return npm.stderr or npm.stdout
        ready.write_text(pins)
    return ""


@pytest.fixture(scope="package")
def web(
    django_db_setup: None,
    watermelondb: None,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebServer]:
    """A web server that runs, on the test's database. All tests share it, since starting it takes seconds."""
    mark = guard_mark(request.config)
    server = WebServer(tmp_path_factory.mktemp("web"), mark)
    yield server.start()
    server.kill()


@pytest.fixture(scope="package")
def drawer(watermelondb: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawer]:
    """The apps that run and wait for a phone."""
    drawer = Drawer(tmp_path_factory.mktemp("apps"))
    yield drawer
    drawer.empty()


@pytest.fixture
def token(transactional_db: None) -> str:  # noqa: F811
    """The token of an account of the test's own."""
    printed = StringIO()
    call_command("create_token", email=f"{uuid4().hex}@example.com", stdout=printed)
    return printed.getvalue().strip()


@pytest.fixture
def rest(web: WebServer, token: str) -> Callable[..., Any]:
    """Sends a request to the REST interface in the person's name: `rest("PATCH", "habits/h1", {"name": "Jog"})`."""

    def send(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{web.url}/api/v1/{path}", data, headers, method=method)  # noqa: S310
        with urlopen(request, timeout=30) as response:  # noqa: S310
            return json.load(response)

    return send


@pytest.fixture
def new_phone(web: WebServer, drawer: Drawer, token: str, tmp_path: Path) -> Iterator[NewPhone]:
    """Makes phones of the account: `new_phone()`, or with another `version` of the app."""
    phones: list[Phone] = []
    names = (f"phone-{number}" for number in count(1))

    def make(**options: int) -> Phone:
        phone = Phone(tmp_path, drawer, server=web.start().url, token=token, device=next(names), **options)
        phones.append(phone)
        return phone

    yield make
    for phone in phones:
        phone.put_away()


@pytest.fixture
def phone(new_phone: NewPhone) -> Phone:
    return new_phone()


@pytest.fixture
def other(new_phone: NewPhone, phone: Phone) -> Phone:
    """The person's second phone."""
    return new_phone()
