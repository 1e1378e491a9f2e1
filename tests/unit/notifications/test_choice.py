"""Which of several rules decides what a person is told."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from notifications.domain.choice import ALL, Choice, choice_for
from notifications.domain.kinds import Channel, Kind
from notifications.domain.quiet_hours import QuietHours

NIGHT, NOON = QuietHours(time(22), time(7)), QuietHours(time(12), time(13))


@pytest.mark.parametrize(
    ("kind", "channel", "expected"),
    [
        (Kind.HABIT, Channel.PUSH, True),
        (Kind.HABIT, Channel.INBOX, True),
        (Kind.HABIT, Channel.EMAIL, False),
        (Kind.TEST, Channel.INBOX, False),
        (Kind.WEEKLY_REPORT, Channel.EMAIL, False),
    ],
)
def test_who_has_said_nothing_gets_pushes_and_an_inbox_and_no_mail(
    kind: Kind, channel: Channel, expected: bool
) -> None:
    assert choice_for({}, kind, channel).enabled is expected


def test_each_point_is_settled_by_the_most_specific_rule_that_settles_it() -> None:
    rules = {
        (ALL, ALL): Choice(quiet=NIGHT, max_per_day=5, private=True),
        (ALL, "push"): Choice(enabled=False),
        ("streak_alert", ALL): Choice(enabled=True, quiet=NOON),
        ("streak_alert", "push"): Choice(max_per_day=1),
    }

    alert = choice_for(rules, Kind.STREAK_ALERT, Channel.PUSH)
    habit = choice_for(rules, Kind.HABIT, Channel.PUSH)

    assert (alert.enabled, alert.quiet, alert.max_per_day, alert.private) == (True, NOON, 1, True)
    assert (habit.enabled, habit.quiet, habit.max_per_day) == (False, NIGHT, 5)


def test_no_is_an_answer_and_not_an_open_point() -> None:
    rules = {(ALL, ALL): Choice(digest=True, max_per_day=9), ("habit", ALL): Choice(digest=False, max_per_day=0)}

    assert choice_for(rules, Kind.HABIT, Channel.PUSH).digest is False
    assert choice_for(rules, Kind.HABIT, Channel.PUSH).max_per_day == 0


def test_a_pause_ends_at_its_moment() -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)

    assert Choice(muted_until=noon).is_muted(noon.replace(hour=11))
    assert not Choice(muted_until=noon).is_muted(noon)
