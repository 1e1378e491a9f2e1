"""The page of the REST interface in a browser, under the policy and without a request to anybody else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_shows_every_operation_and_asks_nobody_else(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/api/docs")
    schema = page.request.get(f"{live_server.url}/api/schema").json()
    expect(page.locator(".opblock")).to_have_count(sum(len(methods) for methods in schema["paths"].values()))

    page.locator("#operations-jobs-job .opblock-summary-control").click()

    expect(page.locator("#operations-jobs-job")).to_contain_text("Seconds to wait for the job's end")
    expect(page.locator(".errors-wrapper")).to_have_count(0)
