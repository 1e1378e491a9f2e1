"""Nightly comparison, and the commands."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analytics.domain.periods import month_of, week_of
from analytics.models import Drift, HabitState, Inspection, UserClock, UserDay, UserMonth, UserWeek
from analytics.rollups.inspecting import NIGHTS, inspect_night
from analytics.rollups.periods import roll_up
from analytics.rollups.rebuilding import rebuild
from analytics.tasks import start_clocks
from habits.models import Habit, User
from tests.factories import UserFactory

from .people import MONDAY, after, at, close, make_habit, settle, tick

pytestmark = pytest.mark.django_db


def closed_person(**fields: Any) -> tuple[User, Habit]:
    """A person with a habit and five closed days, of which two are done."""
    with at(MONDAY):
        user = UserFactory(**fields)
        habit = make_habit(user)
    with at(after(5)):
        tick(habit, after(1), after(3))
        settle(user)
        close()
    return user, habit


def every_night() -> None:
    for n in range(NIGHTS):
        for _ in inspect_night(after(5) + timedelta(days=n)):
            pass


def test_right_statistics_show_no_drift() -> None:
    closed_person()

    every_night()

    assert not Drift.objects.exists()
    assert sum(Inspection.objects.values_list("users", flat=True)) == 1
    inspection = Inspection.objects.get(users=1)
    assert (inspection.habits, inspection.days, inspection.drifts) == (1, 5, 0)
    assert inspection.ended_at is not None


def test_wrong_statistics_are_noted_and_put_right() -> None:
    user, habit = closed_person()
    HabitState.objects.update(streak=99)
    UserDay.objects.filter(day=after(1)).update(done=0, missed=1, outcomes=[1])

    every_night()

    found = Drift.objects.order_by("id").values_list("user", "habit", "what", "stored", "expected", "day")
    assert [drift[:4] for drift in found] == [
        (user.pk, habit.pk, "streak", "99"),
        (user.pk, habit.pk, "day", found[1][3]),
    ]
    assert found[1][5] == after(1)
    assert HabitState.objects.get().streak == 0
    assert UserDay.objects.get(day=after(1)).done == 1
    assert Inspection.objects.get(drifts=2).users == 1


def test_a_change_that_is_still_to_be_followed_is_no_drift() -> None:
    _, habit = closed_person()
    with at(after(5)):
        tick(habit, after(2))

    every_night()

    assert not Drift.objects.exists()


def test_a_night_that_was_stopped_goes_on_after_the_last_person() -> None:
    user, _ = closed_person()
    night = after(5) + timedelta(days=(user.pk - after(5).toordinal()) % NIGHTS)
    Inspection.objects.create(night=night, last_user=user.pk, users=7)

    assert list(inspect_night(night)) == []
    assert Inspection.objects.get(night=night).users == 7


def test_a_state_that_is_missing_is_made_again() -> None:
    user, _ = closed_person()
    before = HabitState.objects.values().get()
    HabitState.objects.all().delete()

    found = rebuild(user.pk)

    assert found is not None
    assert [one.what for one in found.differences] == ["state"]
    after_that = HabitState.objects.values().get()
    assert {name: value for name, value in after_that.items() if name not in ("computed_at", "made_on")} == {
        name: value for name, value in before.items() if name not in ("computed_at", "made_on")
    }


def test_a_rebuild_sums_every_week_and_month_up_anew() -> None:
    user, _ = closed_person()
    with at(after(40)):
        close()
    roll_up(UserWeek, [(user.pk, week_of(after(7 * n), 0)) for n in range(5)])
    roll_up(UserMonth, [(user.pk, month_of(MONDAY))])
    UserWeek.objects.filter(first_day=after(7)).delete()
    UserWeek.objects.filter(first_day=after(14)).update(missed=99)
    UserMonth.objects.update(missed=99)

    rebuild(user.pk)

    assert list(UserWeek.objects.order_by("pk").values_list("first_day", "missed")) == [
        (MONDAY, 5),
        *((after(7 * n), 7) for n in range(1, 5)),
    ]
    assert UserMonth.objects.get().missed == 28  # of thirty days in March


def test_people_who_were_made_past_the_signals_get_a_clock_and_statistics() -> None:
    user, habit = closed_person()
    UserClock.objects.all().delete()
    HabitState.objects.all().delete()
    assert not UserDay.objects.exists()  # they go with the clock

    with at(after(5)):
        assert start_clocks() == {"started": 1}
        settle(user)

    assert UserClock.objects.get().last_closed == after(4)
    assert HabitState.objects.get().habit == habit
    assert UserDay.objects.filter(done=1).count() == 2


# --- Commands --------------------------------------------------------------------------------------------------------


def told(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_days_are_closed_by_hand_after_a_look_at_what_is_due() -> None:
    closed_person(timezone="Europe/Berlin")
    with at(after(6), 8):
        assert told("close_days", "--dry-run") == (
            "Europe/Berlin: 1 of 1, since 2026-03-07 23:00 UTC\n1 people have a day that is over. Nothing was closed.\n"
        )
        assert told("close_days").endswith("1 days closed.\n")
        assert told("close_days").endswith("0 days closed.\n")
    assert UserClock.objects.get().last_closed == after(5)


def test_one_person_or_everybody_is_rebuilt() -> None:
    user, _ = closed_person()
    closed_person()
    HabitState.objects.filter(user=user).update(total=7)

    assert told("rebuild_stats", "--user", user.email).endswith(
        "1 people rebuilt; 1 had differences, which are in the admin under drifts.\n"
    )
    assert told("rebuild_stats").endswith("2 people rebuilt; 0 had differences, which are in the admin under drifts.\n")
    assert told("rebuild_stats", "--after", str(user.pk)).count("people rebuilt, up to") == 1
    assert HabitState.objects.get(user=user).total == 2
    with pytest.raises(CommandError, match="No account has the address"):
        told("rebuild_stats", "--user", "nobody@example.com")
