"""What a running task reports."""

from __future__ import annotations

import logging

import pytest

from focusjobs.jobs import JobContext, current_job
from focusjobs.jobs.context import MAX_LINE, running


def test_the_latest_progress_and_all_lines_are_handed_over_once() -> None:
    job = JobContext(7)
    assert not job.has_reports()
    job.progress(1, 3)
    job.progress(2, 3, "counting")
    job.log("one")
    job.log("two", level="warning")
    progress, lines = job.take_reports()
    assert progress == {"done": 2, "total": 3, "note": "counting"}
    assert [(line.text, line.level) for line in lines] == [("one", "info"), ("two", "warning")]
    assert job.take_reports() == (None, [])


def test_reports_that_could_not_be_written_come_before_newer_lines_and_after_newer_progress() -> None:
    job = JobContext(7)
    job.progress(1)
    job.log("old")
    taken = job.take_reports()
    job.log("new")
    job.give_back(*taken)
    job.progress(2)
    progress, lines = job.take_reports()
    assert (progress, [line.text for line in lines]) == ({"done": 2}, ["old", "new"])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "half", 1j])
def test_progress_that_is_no_number_is_refused_where_it_is_told(number: float) -> None:
    with pytest.raises(ValueError, match=r"^Progress is told in numbers, not as "):
        JobContext(7).progress(number)
    with pytest.raises(ValueError, match=r"^Progress is told in numbers, not as "):
        JobContext(7).progress(1, number)


def test_what_postgresql_cannot_keep_is_dropped_from_a_line_and_a_note() -> None:
    job = JobContext(7)
    job.log("a\0b\udce9" + "x" * MAX_LINE)
    job.progress(1, note="a\0b\udce9")
    progress, lines = job.take_reports()
    assert lines[0].text.startswith("ab�xxx")
    assert len(lines[0].text) == MAX_LINE
    assert progress["note"] == "ab�"


def test_a_level_that_does_not_exist_is_refused() -> None:
    sentence = r"^There is no level “loud”; there are debug, info, warning, error and critical\.$"
    with pytest.raises(ValueError, match=sentence):
        JobContext(7).log("x", level="loud")


def test_a_plain_call_reports_to_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "focusjobs.jobs.context"):
        current_job().log("hello")
    assert caplog.messages == ["hello"]
    assert current_job().job_id is None
    assert current_job().take_reports() == (None, [])


def test_the_current_job_is_the_innermost() -> None:
    inner = JobContext(2)
    with running(JobContext(1)):
        with running(inner):
            assert current_job() is inner
        assert current_job().job_id == 1
    assert current_job().job_id is None
