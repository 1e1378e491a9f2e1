"""Habits in the admin, and that every page opens."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from habits import services
from habits.models import Backup, Completion, Habit, User
from tests.factories import CompletionFactory, HabitFactory, UserFactory
from tests.integration.habits.admin.pages import HABIT, text

pytestmark = pytest.mark.django_db


def test_a_habits_page_leads_to_its_own_records(client: Client) -> None:
    habit, other = HabitFactory(), HabitFactory()
    record = CompletionFactory(habit=habit, note="after the run")
    CompletionFactory(habit=other, note="elsewhere")

    page = client.get(reverse("admin:habits_habit_change", args=[habit.pk]))
    url = f"{reverse('admin:habits_completion_changelist')}?habit__id__exact={habit.pk}"

    assert url in page.content.decode()
    assert f"{record.day}: done" in text(page)
    assert "Strength" in text(page)
    assert "after the run" in text(client.get(url))
    assert "elsewhere" not in text(client.get(url))


def test_a_habit_is_made_changed_and_archived_in_the_admin(client: Client) -> None:
    owner = UserFactory()

    made = client.post(reverse("admin:habits_habit_add"), {**HABIT, "user": owner.pk})
    habit = Habit.objects.get()
    changed = client.post(
        reverse("admin:habits_habit_change", args=[habit.pk]),
        {**HABIT, "freq_den": "7", "freq_num": "3", "archived": "on"},
    )

    habit.refresh_from_db()
    assert (made.status_code, changed.status_code) == (302, 302)
    assert (habit.user, habit.name, habit.freq_num, habit.freq_den) == (owner, "Read", 3, 7)
    assert habit.archived_at is not None
    assert habit.completions_version == 2


def test_a_habit_that_cannot_be_is_refused_in_the_form(client: Client) -> None:
    habit = HabitFactory(name="Read")

    response = client.post(
        reverse("admin:habits_habit_change", args=[habit.pk]), {**HABIT, "name": "No", "freq_num": "9"}
    )

    assert "A day counts once, so 9 times do not fit into 1 days." in text(response)
    habit.refresh_from_db()
    assert habit.name == "Read"


def test_habits_and_backups_are_never_deleted_in_the_admin(client: Client) -> None:
    habit = HabitFactory()
    backup = services.accept_backup(user=habit.user, filename="a.db", content=b"a")

    for name, row in (("habit", habit), ("backup", backup)):
        assert client.post(reverse(f"admin:habits_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["user", "habit", "completion", "backup"])
def test_every_list_and_form_opens(client: Client, name: str) -> None:
    CompletionFactory()
    services.accept_backup(user=UserFactory(), filename="a.db", content=b"a")
    rows = {"user": User, "habit": Habit, "completion": Completion, "backup": Backup}
    first = rows[name].objects.order_by("pk").values_list("pk", flat=True)[0]  # type: ignore[attr-defined]

    assert client.get(reverse(f"admin:habits_{name}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:habits_{name}_add")).status_code == 200
    assert client.get(reverse(f"admin:habits_{name}_change", args=[first])).status_code == 200
