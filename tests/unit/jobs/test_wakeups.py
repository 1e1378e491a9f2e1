"""The message that is built by hand, against the one that Celery would have sent."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from celery import current_app
from celery.worker.request import Request
from kombu import Connection
from kombu.transport.virtual import Message

from focusjobs.jobs.tasks import drain_queue
from focusjobs.jobs.telling import wakeups

SAME_HEADERS = ("lang", "task", "kwargsrepr", "retries", "timelimit", "ignore_result")
"""What a worker reads of the headers; ids differ, and the rest describes where a message comes from."""


def own() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(wakeups.message("imports"))
    return answer


@pytest.fixture(scope="module")
def celerys() -> dict[str, Any]:
    """The message as Celery and kombu put it into a queue, over a transport that shares its code with Redis'."""
    with Connection("memory://") as connection:
        drain_queue.apply_async(kwargs={"queue": "imports"}, queue="imports", connection=connection, delivery_mode=1)
        answer: dict[str, Any] = connection.default_channel._get("imports")
        return answer


def test_the_body_is_celerys(celerys: dict[str, Any]) -> None:
    body = json.loads(b64decode(own()["body"]))
    assert body == json.loads(b64decode(celerys["body"]))
    assert body[:2] == [[], {"queue": "imports"}]


def test_the_envelope_is_celerys(celerys: dict[str, Any]) -> None:
    message = own()
    assert set(message) == set(celerys)
    assert {key: message[key] for key in ("content-type", "content-encoding")} == {
        key: celerys[key] for key in ("content-type", "content-encoding")
    }


@pytest.mark.parametrize("header", SAME_HEADERS)
def test_the_headers_that_a_worker_reads_are_celerys(celerys: dict[str, Any], header: str) -> None:
    assert own()["headers"][header] == celerys["headers"][header]


@pytest.mark.parametrize("name", ["delivery_mode", "priority", "body_encoding"])
def test_the_properties_that_a_worker_reads_are_celerys(celerys: dict[str, Any], name: str) -> None:
    assert own()["properties"][name] == celerys["properties"][name]


def test_the_routing_key_is_the_queue() -> None:
    assert own()["properties"]["delivery_info"]["routing_key"] == "imports"


def test_a_message_has_one_fresh_id() -> None:
    first, second = own(), own()
    assert first["headers"]["id"] == first["properties"]["correlation_id"]
    assert first["headers"]["id"] != second["headers"]["id"]
    assert first["properties"]["delivery_tag"] != second["properties"]["delivery_tag"]


def test_a_worker_makes_of_it_a_call_of_the_drain() -> None:
    with Connection("memory://") as connection:
        message = Message(own(), channel=connection.default_channel)
        request = Request(message, app=current_app._get_current_object(), task=drain_queue, on_ack=lambda *_: None)
    assert (request.name, request.args, request.kwargs) == (wakeups.DRAIN_TASK, [], {"queue": "imports"})
    assert request.ignore_result is True
    assert not request.task.acks_late
