"""What statistics are told of a push: which habits, and from which day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from habits.models import Habit, User
from habits.signals import completions_changed
from tests.integration.habits.phones import NOW, Phone, edit, habit, tick

pytestmark = pytest.mark.django_db

Told = list[dict[str, Any]]


@pytest.fixture
def phone(user: User) -> Phone:
    """A phone of a person who has two habits; “walk” has a day with a note."""
    phone = Phone(user)
    phone.push(habits=[habit(), habit("run")], completions=[tick(note="Rain")])
    return phone


@pytest.fixture
def told(phone: Phone) -> Iterator[Told]:
    """By the id of the habit the day from which on its statistics change, for each time that it is told."""
    heard: Told = []

    def listen(since: dict[int, date | None], **_: Any) -> None:
        ids = dict(Habit.objects.values_list("pk", "client_id"))
        heard.append({ids[number]: day and day.isoformat() for number, day in since.items()})

    completions_changed.connect(listen)
    yield heard
    completions_changed.disconnect(listen)


CHANGES: dict[str, tuple[dict[str, Any], Told]] = {
    "a day": ({"completions": [tick(day="2025-12-31")]}, [{"walk": "2025-12-31"}]),
    "the far past": (
        {"completions": [tick(), tick(day="1970-01-01"), tick(day="2025-12-31", value=0)]},
        [{"walk": "1970-01-01"}],
    ),
    "two habits": (
        {"completions": [tick("run", "2025-12-30"), tick(day="2025-12-31"), tick("run", "2025-12-29")]},
        [{"run": "2025-12-29", "walk": "2025-12-31"}],
    ),
    "an undone day": ({"completions": [edit(tick(note="Rain"), NOW + 1, value=0)]}, [{"walk": "2026-01-01"}]),
    "a deleted day": ({"deleted": [("completions", tick()["id"])]}, [{"walk": "2026-01-01"}]),
    "the same day again": ({"completions": [tick(note="Rain")]}, []),
    "a day that loses": ({"completions": [tick(value=0, note="Sun", at=NOW - 1)]}, []),
    "a day that was so already": ({"completions": [tick(note="Rain", at=NOW + 1)]}, []),
    "another note": ({"completions": [edit(tick(note="Rain"), NOW + 1, note="Sun")]}, []),
    "no note any more": ({"completions": [edit(tick(), NOW + 1, note="")]}, [{"walk": "2026-01-01"}]),
    "another name": ({"habits": [edit(habit(), NOW + 1, name="Stroll")]}, []),
    "another rule": ({"habits": [edit(habit(), NOW + 1, freq_num=3, freq_den=7)]}, [{"walk": None}]),
    "another rule and a day": (
        {"habits": [edit(habit(), NOW + 1, weekdays=31)], "completions": [tick(day="2025-12-31")]},
        [{"walk": None}],
    ),
    "a habit that is deleted": ({"deleted": [("habits", "walk")]}, [{"walk": None}]),
    "a refused day": ({"completions": [tick("nowhere")]}, []),
    "a new habit": ({"habits": [habit("swim")]}, [{"swim": None}]),
}


@pytest.mark.parametrize(("push", "expected"), CHANGES.values(), ids=CHANGES)
def test_statistics_are_told_once_of_each_habit_and_of_its_earliest_day(
    phone: Phone, told: Told, push: dict[str, Any], expected: Told
) -> None:
    before = dict(Habit.objects.values_list("client_id", "completions_version"))
    phone.push(**push)
    assert told == expected
    after = dict(Habit.objects.values_list("client_id", "completions_version"))
    assert {name for name in after if before.get(name, 0) != after[name]} == {name for one in expected for name in one}


def test_pushes_that_wait_are_told_as_one(phone: Phone, told: Told) -> None:
    for day in ("2025-12-31", "2025-12-01", "2025-12-15"):
        body = {"completions": {"updated": [tick(day=day)]}}
        assert phone.send(body, Prefer="respond-async").status_code == 202
    assert told == []
    phone.pull()
    assert told == [{"walk": "2025-12-01"}]
