"""The schema and the page of the REST interface, as the server gives them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from focusjobs.rest import interface_page
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_the_page_has_no_script_or_style_inside_and_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs", headers={"Accept": "text/html"})
    text = page.content.decode()

    assert page.status_code == 200
    assert "<style" not in text
    assert re.findall(r"<script(?! src=)", text) == []
    links = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert len(links) == 5
    assert [link for link in links if not link.startswith("/")] == []
    for link in links:
        if link.startswith("/static/"):
            assert finders.find(link.removeprefix("/static/")), link
    assert "script-src 'self'; style-src 'self'; img-src 'self' data:; " in page["Content-Security-Policy"]


def test_the_script_of_the_page_asks_for_the_schema_here(client: Client) -> None:
    script = client.get("/api/docs?script=")
    assert script["Content-Type"] == "application/javascript"
    assert 'url: "/api/schema"' in script.content.decode()


def test_the_schema_is_made_once_and_not_sent_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/api/schema")

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("the schema is made again")

    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", never)
    assert client.get("/api/schema").content == first.content
    assert client.get("/api/schema", headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_the_first_requests_for_the_schema_may_come_at_once() -> None:
    interface_page._schema.cache_clear()
    answers = at_once(*[lambda: Client().get("/api/schema").status_code] * 3)
    assert answers == [200, 200, 200]
