"""Which failures are one mistake, and which are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.fingerprint import (
    DIGITS,
    MAX_MESSAGE,
    Mistake,
    as_text,
    frame_of,
    mistake,
    normalised,
    span_of,
)
from focusjobs.jobs.domain.text import is_storable
from focusjobs.jobs.worker import mistakes

ROOT = str(Path(__file__).parents[3])


@pytest.fixture(autouse=True)
def no_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    mistakes._met.clear()
    yield
    mistakes._met.clear()


def caught(error: Exception) -> Exception:
    try:
        raise error
    except Exception as raised:
        return raised


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("habit 4242 is gone", "habit 7 is gone", "habit <number> is gone"),
        (
            "took 1.5 s at 10:30 on 2026-03-01",
            "took 12,7 s at 9:05 on 2027-11-30",
            "took <number> s at <number> on <number>",
        ),
        ("no device 'Ana’s phone'", 'no device "x"', "no device <text>"),
        ("key 0x7fd1 at deadbeef01", "key 0xA at 00c0ffee", "key <hex> at <hex>"),
        ("job 6f9619ff-8b86-d011-b42d-00cf4fc964ff", "job 00000000-0000-0000-0000-00cf4fc964ff", "job <uuid>"),
        ("mail to ana@example.com bounced", "mail to b.c+d@mail.example.org bounced", "mail to <address> bounced"),
        ("GET https://a.example/x?y=1 failed", "GET http://b.example/ failed", "GET <url> failed"),
        ("  many   spaces\nand a second line 5", "many spaces", "many spaces"),
    ],
)
def test_what_differs_from_job_to_job_is_taken_out(first: str, second: str, same: str) -> None:
    assert normalised(first) == normalised(second) == same


@pytest.mark.parametrize(
    ("first", "second"),
    [("connection refused", "connection reset"), ("no such habit", "no such person"), ("a", "")],
)
def test_what_is_said_otherwise_differs(first: str, second: str) -> None:
    assert normalised(first) != normalised(second)


@given(st.text(max_size=500))
def test_a_normalised_message_is_one_short_line_and_stays_as_it_is(message: str) -> None:
    once = normalised(message)
    assert len(once) <= MAX_MESSAGE
    assert "\n" not in once


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=0, max_value=10**12))
def test_numbers_never_tell_mistakes_apart(one: int, other: int) -> None:
    assert normalised(f"row {one} of {other}") == normalised(f"row {other} of {one}")


class TestFrames:
    def test_the_innermost_function_of_the_project_counts_without_its_line(self) -> None:
        error = caught(ValueError("no"))
        assert frame_of(error.__traceback__, ROOT) == "tests/unit/jobs/test_fingerprint.py:caught"

    def test_other_peoples_code_does_not_count(self) -> None:
        try:
            Path("/nowhere/at/all").read_text()
        except OSError as error:
            frame = frame_of(error.__traceback__, ROOT)
        assert frame == "tests/unit/jobs/test_fingerprint.py:TestFrames.test_other_peoples_code_does_not_count"

    def test_installed_packages_below_the_root_are_other_peoples(self) -> None:
        error = caught(ValueError("no"))
        assert frame_of(error.__traceback__, f"{ROOT}/tests/unit/jobs/elsewhere") == ""

    def test_an_error_that_was_never_raised_has_none(self) -> None:
        assert frame_of(ValueError("no").__traceback__, ROOT) == ""


class TestFingerprints:
    def test_task_class_message_and_place_make_the_number(self) -> None:
        first = Mistake("t", "ValueError", "no", "f")
        others = [
            Mistake("u", "ValueError", "no", "f"),
            Mistake("t", "KeyError", "no", "f"),
            Mistake("t", "ValueError", "yes", "f"),
            Mistake("t", "ValueError", "no", "g"),
        ]
        assert len({it.fingerprint for it in [first, *others]}) == 5
        assert Mistake("t", "ValueError", "no", "f").fingerprint == first.fingerprint

    def test_it_does_not_change_between_releases_of_this_code(self) -> None:
        assert as_text(Mistake("t", "ValueError", "no", "f").fingerprint) == "6fcfb8ff4cd54df"

    def test_parts_do_not_run_into_each_other(self) -> None:
        assert Mistake("ab", "c", "", "").fingerprint != Mistake("a", "bc", "", "").fingerprint

    def test_errors_are_told_by_class_with_module(self) -> None:
        assert mistake("t", caught(ValueError("no 5")), "no 5", ROOT).exception == "ValueError"
        assert mistake("t", caught(Odd("no 5")), "no 5", ROOT).exception == f"{__name__}.Odd"

    def test_what_postgresql_cannot_keep_is_replaced(self) -> None:
        try:
            exec(compile("raise ValueError", f"{ROOT}/odd\udcff.py", "exec"))  # noqa: S102 - a file that is not UTF-8
        except ValueError as error:
            found = mistake("t", error, "", ROOT)
        assert found.frame.startswith("odd")
        assert is_storable(found.frame)

    @given(st.integers(min_value=0, max_value=2 ** (4 * DIGITS) - 1), st.integers(min_value=1, max_value=DIGITS))
    def test_a_beginning_spans_exactly_what_begins_so(self, number: int, length: int) -> None:
        text = as_text(number)
        span = span_of(text[:length])
        assert span is not None
        first, last = span
        assert first <= number <= last < 2**63
        assert as_text(first).startswith(text[:length])
        assert as_text(last).startswith(text[:length])
        assert first == 0 or not as_text(first - 1).startswith(text[:length])

    @pytest.mark.parametrize("text", ["", "xyz", "0" * 16, "AB12", "12 "])
    def test_what_is_no_beginning_is_refused(self, text: str) -> None:
        assert span_of(text) is None


class Odd(Exception):
    """An error of a project."""


class TestVariety:
    def test_a_place_that_says_something_else_each_time_is_one_mistake_in_the_end(self) -> None:
        words = ["".join(pair) for pair in zip("abcdefghij" * 20, "klmnopqrst" * 10 + "uvwxyz" * 20, strict=False)]
        said = [f"no {word}{place * 'x'}" for place, word in enumerate(words[:60])]
        found = [mistakes.mistake_of("t", caught(ValueError(text)), text) for text in said]
        assert len({it.fingerprint for it in found}) == mistakes.VARIETY + 1
        assert found[-1].message == mistakes.VARIOUS

    def test_what_was_told_apart_before_still_is(self) -> None:
        first = mistakes.mistake_of("t", caught(ValueError("first")), "first")
        for place in range(60):
            mistakes.mistake_of("t", caught(ValueError("x" * place)), "x" * place)
        assert mistakes.mistake_of("t", caught(ValueError("first")), "first") == first
