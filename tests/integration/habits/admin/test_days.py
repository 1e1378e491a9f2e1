"""Days in the admin: recorded, changed and forgotten through the services."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from habits import selectors, services
from habits.domain.records import Part
from habits.models import Completion, Habit
from tests.factories import CompletionFactory, HabitFactory
from tests.integration.habits.admin.pages import HABIT, list_queries, text

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)


def test_the_list_of_records_costs_the_same_queries_for_many_and_counts_nothing(client: Client) -> None:
    url = reverse("admin:habits_completion_changelist")
    CompletionFactory()
    few = list_queries(client, url)
    CompletionFactory.create_batch(70)

    many = list_queries(client, url)

    assert len(many) == len(few)
    assert not any("COUNT(" in sql for sql in many)


def record(client: Client, habit: Habit, **fields: Any) -> Any:
    content = {"habit": habit.pk, "day": str(DAY), "value": "", "note": "", **fields}
    return client.post(reverse("admin:habits_completion_add"), content)


def test_a_record_made_in_the_admin_says_so_and_makes_statistics_stale(client: Client) -> None:
    habit = HabitFactory()

    assert record(client, habit, value="1000").status_code == 302

    made = Completion.objects.get()
    habit.refresh_from_db()
    assert (made.day, made.value, made.source) == (DAY, 1000, "admin")
    assert habit.completions_version == 1


def test_what_a_record_cannot_be_is_said_in_the_form(client: Client) -> None:
    habit = HabitFactory()

    assert "has the value 1 for done or 0 for not done" in text(record(client, habit, value="5"))
    assert "A record has a value, is skipped, or has a note" in text(record(client, habit))
    assert "can be recorded, not 2999-01-01" in text(record(client, habit, day="2999-01-01", value="0"))
    assert not Completion.objects.exists()


@pytest.mark.parametrize(("kind", "slot"), [("yes_no", ""), ("counted", "phone-a")])
def test_a_second_record_of_a_day_is_refused(client: Client, kind: str, slot: str) -> None:
    made = CompletionFactory(day=DAY, slot=slot, habit__kind=kind)

    response = record(client, made.habit, value="0")

    assert "A record of this day already exists; change that one." in text(response)
    assert list(Completion.objects.values_list("value", flat=True)) == [1000]


def test_a_day_that_was_forgotten_can_be_recorded_again(client: Client) -> None:
    made = CompletionFactory(day=DAY)
    services.clear_completion(habit=made.habit, day=DAY)

    assert record(client, made.habit, value="0").status_code == 302

    assert list(Completion.objects.values_list("value", flat=True)) == [0]


def test_what_several_phones_counted_is_shown_and_changed_as_one_day(client: Client) -> None:
    habit = HabitFactory(kind="counted")
    first, _ = (CompletionFactory(habit=habit, day=DAY, slot=slot, value=3000) for slot in ("a", "b"))
    url = reverse("admin:habits_completion_change", args=[first.pk])

    shown = client.get(url).context["adminform"].form.initial
    unchanged = client.post(url, {"value": "6000", "note": ""})
    changed = client.post(url, {"value": "5000", "note": "one was tea"})

    assert (shown["value"], shown["skipped"], shown["note"]) == (6000, False, "")
    assert (unchanged.status_code, changed.status_code) == (302, 302)
    assert selectors.recorded_day(habit, DAY).part == Part(5000, note="one was tea")
    assert habit.completions.get(slot="a").value == 3000


def test_what_is_kept_for_phones_alone_is_not_listed(client: Client) -> None:
    forgotten = CompletionFactory(day=DAY, habit__name="Forgotten")
    services.clear_completion(habit=forgotten.habit, day=DAY)
    hidden = CompletionFactory(habit__name="Hidden")
    services.delete_habit(habit=hidden.habit)
    CompletionFactory(habit__name="Shown")

    page = text(client.get(reverse("admin:habits_completion_changelist")))

    assert "Shown" in page
    assert "Forgotten" not in page
    assert "Hidden" not in page


def test_a_deleted_habit_cannot_be_changed_or_recorded(client: Client) -> None:
    habit = HabitFactory(name="Read")
    services.delete_habit(habit=habit)
    page = reverse("admin:habits_habit_change", args=[habit.pk])

    for response in (client.post(page, {**HABIT, "name": "No"}), record(client, habit, value="1000")):
        assert "This habit is deleted; until its person restores it, nothing of it can be changed." in text(response)

    habit.refresh_from_db()
    assert (habit.name, habit.completions.count()) == ("Read", 0)


def test_changing_and_deleting_a_record_makes_statistics_stale(client: Client) -> None:
    made = CompletionFactory(day=DAY)
    url = reverse("admin:habits_completion_change", args=[made.pk])

    assert client.post(url, {"value": "", "skipped": "on", "note": "ill"}).status_code == 302
    made.refresh_from_db()
    assert (made.value, made.skipped, made.note, made.source) == (None, True, "ill", "admin")
    assert client.post(reverse("admin:habits_completion_delete", args=[made.pk]), {"post": "yes"}).status_code == 302

    assert selectors.recorded_day(made.habit, DAY) is None
    assert Habit.objects.get().completions_version == 2
