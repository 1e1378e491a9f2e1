"""A real Chromium for the browser tests; they are skipped where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from focusjobs.jobs.ledger import grouping
from focusjobs.jobs.telling import rounds
from habits.models import User
from tests.integration.jobs.conftest import pulse  # noqa: F401 - drains of these tests use no thread of their own

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
WAIT = 10_000
"""Milliseconds after which something that has not appeared is missing."""

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
"""What pages are held to: https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md."""

Login = Callable[[User], Page]


@pytest.fixture(scope="package", autouse=True)
def _orm_beside_playwright() -> Iterator[None]:
    # Playwright runs an event loop in the thread of the tests, from which Django would otherwise refuse to read.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        # A thread of the server would keep its connection, and the test database could not be dropped.
        patch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
        yield


@pytest.fixture(autouse=True)
def _at_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests empty the tables, so that this process knows of error groups that are gone; and no housekeeper runs.
    monkeypatch.setattr(grouping, "_known", {})
    monkeypatch.setattr(rounds, "last_round", lambda: None)


@pytest.fixture(scope="package")
def browser(django_db_setup: None) -> Iterator[Browser]:
    # Beside Playwright's loop Django keeps connections of their own. A test database that was made on one of those is
    # dropped while that of the tests which follow is still open, and PostgreSQL refuses; so it is made before.
    if not CHROMIUM:
        pytest.skip("no Chromium: install the package chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture(params=["light"])
def theme(request: pytest.FixtureRequest) -> str:
    """Light, or what a test asks for."""
    return str(request.param)


@pytest.fixture(scope="package")
def faults() -> list[str]:
    """Errors in scripts, breaches of the policy and requests to elsewhere, since a test began."""
    return []


@contextmanager
def opened(browser: Browser, faults: list[str]) -> Iterator[Page]:
    """Open a window, and note what its pages do wrong."""
    context = browser.new_context()
    context.set_default_timeout(WAIT)
    expect.set_options(timeout=WAIT)
    window = context.new_page()

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    window.on("console", note)
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on("request", lambda request: None if "://localhost" in request.url else faults.append(request.url))
    yield window
    context.close()


@pytest.fixture(scope="package")
def window(browser: Browser, faults: list[str]) -> Iterator[Page]:
    """The window of most tests: each new one would start a process of Chromium and read styles and scripts again."""
    with opened(browser, faults) as window:
        yield window


@pytest.fixture
def emptied_window(window: Page, live_server: LiveServer) -> Iterator[Page]:
    """That window, which forgets in the end where it was and who was logged in."""
    yield window
    window.goto("about:blank")
    window.context.clear_cookies()
    kept = {"origin": live_server.url, "storageTypes": "local_storage"}
    window.context.new_cdp_session(window).send("Storage.clearDataForOrigin", kept)


@pytest.fixture
def own_window(browser: Browser, faults: list[str]) -> Iterator[Page]:
    """A window for one test, that changes its clock or what it may load."""
    with opened(browser, faults) as window:
        yield window


@pytest.fixture
def page(request: pytest.FixtureRequest, faults: list[str], theme: Any) -> Iterator[Page]:
    """A window that knows nothing of earlier tests; the test fails on whatever its pages do wrong."""
    page = request.getfixturevalue("own_window" if "own_window" in request.fixturenames else "emptied_window")
    faults.clear()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme=theme)
    yield page
    assert faults == []


@pytest.fixture
def login(page: Page, live_server: LiveServer) -> Login:
    """Brings somebody who has logged in before, and sees the admin's first page."""

    def as_user(user: User) -> Page:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page.goto(f"{live_server.url}/admin/")
        expect(page.get_by_role("heading", name="Console")).to_be_visible()
        return page

    return as_user


def violations(page: Page) -> list[str]:
    """Give what axe-core finds wrong with the page that is open."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    look = "rules => axe.run({preload: false, runOnly: rules, resultTypes: ['violations']})"
    found = page.evaluate(look, RULES)
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
