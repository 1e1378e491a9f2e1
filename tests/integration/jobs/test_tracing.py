"""Request ids and traces, carried from the request that enqueues a job into its attempts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from pytest_django import Settings

from focusjobs.jobs.declaring import tracing
from focusjobs.jobs.models import Job
from focusjobs.jobs.worker import drain as worker
from focusjobs.logs import correlation
from focusjobs.logs.correlation import Correlated
from focusjobs.logs.request_id import HEADER, RequestIdMiddleware
from tests import tasks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]


@pytest.fixture
def spans(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Tracing is on; what has ended is kept in memory."""
    settings.OTEL_ENABLED = True
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", lambda: provider.get_tracer("tests"))
    yield exporter
    provider.shutdown()


def work_off() -> None:
    while worker.drain("default"):
        pass


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent and span.parent.span_id


# --- Requests --------------------------------------------------------------------------------------------------------


def answer(given: str | None = None) -> tuple[str, Any]:
    """Send a request that enqueues a job; give the id in the answer and the job's options."""

    def view(request: HttpRequest) -> HttpResponse:
        tasks.add.enqueue(x=1, y=1)
        return HttpResponse()

    headers = {} if given is None else {HEADER: given}
    response = RequestIdMiddleware(view)(RequestFactory().get("/", headers=headers))
    return response.headers[HEADER], Job.objects.latest("id").options


def test_a_request_keeps_the_id_that_it_came_with_and_so_does_its_job() -> None:
    assert answer("abc-123") == ("abc-123", {"request_id": "abc-123"})


def test_a_request_without_an_id_gets_one_of_its_own() -> None:
    (first, _), (second, options) = answer(), answer()
    assert first != second
    assert len(second) == 32
    assert options == {"request_id": second}


@pytest.mark.parametrize("given", ["", "two words", "line\\nbreak\x00", "x" * 129, "<script>", "ä"])
def test_an_id_that_could_harm_a_log_is_replaced(given: str) -> None:
    kept, _ = answer(given)
    assert kept != given
    assert len(kept) == 32


def test_every_answer_of_the_site_says_its_request_id(client: Client) -> None:
    assert client.get("/livez", headers={HEADER: "here"}).headers[HEADER] == "here"
    assert correlation.fields() == {}


def test_a_job_knows_its_request_while_it_runs_and_hands_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, Any]] = []

    def run(value: int) -> None:
        seen.append(dict(correlation.fields()))
        if value:
            tasks.give_back.enqueue(value=value - 1)

    monkeypatch.setattr(tasks.give_back, "run", run)
    with Correlated(request_id="r1"):
        tasks.give_back.enqueue(value=1)
    work_off()
    assert [fields["request_id"] for fields in seen] == ["r1", "r1"]


def test_a_job_made_outside_of_requests_carries_nothing() -> None:
    tasks.add.enqueue(x=1, y=1)
    tasks.add.enqueue_many([{"x": 1, "y": 1}])
    assert set(Job.objects.values_list("options", flat=True)) == {None}


# --- Traces ----------------------------------------------------------------------------------------------------------


def test_an_attempt_is_a_span_below_that_of_its_enqueue(spans: InMemorySpanExporter) -> None:
    number = tasks.add.enqueue(x=1, y=1).id
    work_off()
    enqueue, run = spans.get_finished_spans()
    assert (enqueue.name, enqueue.kind) == ("enqueue tests.add", SpanKind.PRODUCER)
    assert (run.name, run.kind) == ("run tests.add", SpanKind.CONSUMER)
    assert enqueue.context
    assert run.context
    assert run.context.trace_id == enqueue.context.trace_id
    assert parent_of(run) == enqueue.context.span_id
    assert dict(run.attributes or {}) == {
        "messaging.system": "focusjobs",
        "messaging.operation.type": "process",
        "messaging.message.id": str(number),
        "focusjobs.attempt": 1,
    }


def test_a_trace_is_kept_over_retries(spans: InMemorySpanExporter) -> None:
    tasks.fail_first.enqueue(times=1)
    work_off()
    enqueue, first, second = spans.get_finished_spans()
    assert enqueue.context
    assert parent_of(first) == parent_of(second) == enqueue.context.span_id
    assert first.status.status_code == StatusCode.ERROR
    assert [event.name for event in first.events] == ["exception"]
    assert second.status.status_code == StatusCode.UNSET


def test_a_task_that_puts_itself_off_has_not_failed(spans: InMemorySpanExporter) -> None:
    tasks.steer.enqueue(how="snooze")
    work_off()
    run = spans.get_finished_spans()[-1]
    assert run.status.status_code == StatusCode.UNSET
    assert (run.attributes or {})["focusjobs.signal"] == "snooze"


def test_jobs_enqueued_together_share_one_span(spans: InMemorySpanExporter) -> None:
    tasks.add.enqueue_many({"x": x, "y": 0} for x in range(3))
    work_off()
    enqueue, *runs = spans.get_finished_spans()
    assert enqueue.context
    assert [parent_of(run) for run in runs] == [enqueue.context.span_id] * 3


def test_a_job_enqueued_by_a_job_belongs_to_the_same_trace(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.give_back, "run", lambda value: tasks.add.enqueue(x=1, y=value))
    tasks.give_back.enqueue(value=1)
    work_off()
    assert len({span.context.trace_id for span in spans.get_finished_spans() if span.context}) == 1
    assert len(spans.get_finished_spans()) == 4


def test_nothing_is_traced_unless_it_is_asked_for(spans: InMemorySpanExporter, settings: Settings) -> None:
    settings.OTEL_ENABLED = False
    tasks.add.enqueue(x=1, y=1)
    work_off()
    assert spans.get_finished_spans() == ()
    assert Job.objects.get().options is None


def test_without_the_package_nothing_is_traced(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OTEL_ENABLED = True
    monkeypatch.setattr(tracing, "_is_installed", lambda: False)
    tasks.add.enqueue(x=1, y=1)
    work_off()
    assert Job.objects.get().state == "completed"
    assert Job.objects.get().options is None


def test_a_job_that_carries_a_trace_runs_where_nothing_is_traced() -> None:
    made = tasks.add.enqueue(x=1, y=1)
    options = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    Job.objects.filter(pk=made.id).update(options=json.loads(json.dumps(options)))
    work_off()
    assert Job.objects.get().state == "completed"
    assert not trace.get_current_span().get_span_context().is_valid
