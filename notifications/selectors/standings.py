"""How habits stand on a day: whether there is anything left to remind of, and which streaks end with the day.

Everything is read for many habits at once. Of a habit's history only as much is read as can matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from focusjobs.sql import rows
from habits.domain.history import Mark, trace
from habits.domain.records import Part, Record, Rule, combine
from habits.domain.schedule import MONTHLY, due_days
from habits.domain.streaks import current, streaks
from habits.models import Habit
from habits.selectors import rule_of
from notifications.models import Notification

Reason = Notification.Reason

SHORTEST_STREAK = 3
"""Days that a streak has at least to be worth an alert."""

STREAK_WINDOW = timedelta(days=60)
"""What is read to find streaks; of a streak that fills it, everything is."""

FIRST_DAY = date(1970, 1, 1)

COLUMNS = (
    *("user_id", "client_id", "name", "question", "category", "position", "archived_at"),
    *("kind", "freq_num", "freq_den", "weekdays", "target_type", "target_value"),
)
"""What is read of a habit."""

# What was recorded of habits in a stretch of days each, by all devices together. Index: completion_history.
RECORDS = """
    SELECT c.habit_id, c.day, sum(c.value)::bigint, bool_or(c.skipped)
    FROM unnest(%s::bigint[], %s::date[], %s::date[]) AS wanted (habit_id, first, last)
    JOIN habits_completion c ON c.habit_id = wanted.habit_id AND c.day BETWEEN wanted.first AND wanted.last
    GROUP BY c.habit_id, c.day
"""

Records = Mapping[date, Record]


@dataclass(frozen=True, slots=True)
class Standing:
    """A habit on one day of its person."""

    habit: Habit
    closed: str
    """Why there is nothing left to remind of, as a `Notification.Reason`; empty where there is."""
    streak: int = 0
    """Days of the streak that ends if nothing is done on the day; 0 unless it was asked for."""

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return not self.closed


def standings_of(wanted: Iterable[tuple[int, date]]) -> dict[tuple[int, date], Standing]:
    """Give how habits stand, each on a day; of those that are gone, nothing."""
    days = set(wanted)
    habits = _habits({"pk__in": {habit_id for habit_id, _ in days}})
    return _standings([(habits[habit_id], day) for habit_id, day in days if habit_id in habits])


def habits_on(people: Mapping[int, date]) -> dict[int, list[Standing]]:
    """Give how all habits of people stand, each on their day, in the order of their lists."""
    habits = _habits({"user__in": list(people), "archived_at": None})
    standings = _standings([(habit, people[habit.user_id]) for habit in habits.values()])
    found: dict[int, list[Standing]] = defaultdict(list)
    for standing in sorted(standings.values(), key=lambda one: (one.habit.position, one.habit.pk)):
        found[standing.habit.user_id].append(standing)
    return found


def _standings(asked: Sequence[tuple[Habit, date]]) -> dict[tuple[int, date], Standing]:
    rules = {habit.pk: rule_of(habit) for habit, _ in asked}
    records = _records_of([(habit.pk, day - _reach(rules[habit.pk]), day) for habit, day in asked])
    return {
        (habit.pk, day): Standing(habit, _closed(habit, rules[habit.pk], records[habit.pk], day))
        for habit, day in asked
    }


def endangered(people: Mapping[int, date]) -> dict[int, list[Standing]]:
    """Give the habits whose streak of `SHORTEST_STREAK` days or more ends with the person's day, the longest first."""
    open_ones = [standing for found in habits_on(people).values() for standing in found if standing.is_open]
    lengths = _streaks([(standing.habit, people[standing.habit.user_id]) for standing in open_ones])
    found: dict[int, list[Standing]] = defaultdict(list)
    for standing in open_ones:
        if (length := lengths[standing.habit.pk]) >= SHORTEST_STREAK:
            found[standing.habit.user_id].append(Standing(standing.habit, "", length))
    return {user_id: sorted(ones, key=lambda one: -one.streak) for user_id, ones in found.items()}


def _streaks(asked: Iterable[tuple[Habit, date]]) -> dict[int, int]:
    """Give the length of each habit's streak; 0 where none is alive or the day asks for nothing."""
    asked = list(asked)
    rules = {habit.pk: rule_of(habit) for habit, _ in asked}
    first = {habit.pk: day - max(STREAK_WINDOW, _reach(rules[habit.pk])) for habit, day in asked}
    records = _records_of([(habit.pk, first[habit.pk], day) for habit, day in asked])
    lengths, cut = {}, []
    for habit, day in asked:
        rule = rules[habit.pk]
        streak = current(streaks(trace(rule, records[habit.pk], day)), rule, day)
        is_due = bool(due_days(rule, records[habit.pk], day, day))
        lengths[habit.pk] = streak.length if streak and is_due else 0
        if streak and is_due and streak.start <= first[habit.pk] + _reach(rule):
            cut.append((habit, day))
    whole = _records_of([(habit.pk, FIRST_DAY, day) for habit, day in cut])
    for habit, day in cut:
        streak = current(streaks(trace(rules[habit.pk], whole[habit.pk], day)), rules[habit.pk], day)
        lengths[habit.pk] = streak.length if streak else 0
    return lengths


def _closed(habit: Habit, rule: Rule, records: Records, day: date) -> str:
    if habit.archived_at is not None:
        return Reason.ARCHIVED
    if not rule.includes(day):
        return Reason.NOT_DUE
    if not records:
        return ""
    history = trace(rule, records, day)
    mark = history.marks.get(day, Mark.UNKNOWN)
    is_done = mark is Mark.SKIPPED or (history.keeps(mark) and not rule.is_limit)
    is_covered = rule.days > 1 and not due_days(rule, records, day, day)
    return Reason.DONE if is_done or is_covered else ""


def _reach(rule: Rule) -> timedelta:
    """Give how far back a record can lie that covers a day: two windows, since those of ticks move apart."""
    return timedelta(days=2 * max(rule.days, *MONTHLY) if rule.days > 1 else 0)


def _habits(condition: dict[str, object]) -> dict[int, Habit]:
    found = Habit.objects.filter(deleted=False, **condition).order_by().only(*COLUMNS)
    return {habit.pk: habit for habit in found}


def _records_of(wanted: Iterable[tuple[int, date, date]]) -> dict[int, dict[date, Record]]:
    """Read records from one day to another; a habit that is wanted more than once over all of its days."""
    stretches: dict[int, tuple[date, date]] = {}
    for habit_id, first, last in wanted:
        begin, end = stretches.get(habit_id, (first, last))
        stretches[habit_id] = (min(begin, first), max(end, last))
    found: dict[int, dict[date, Record]] = defaultdict(dict)
    if stretches:
        begins, ends = (list(days) for days in zip(*stretches.values(), strict=True))
        for habit_id, day, value, skipped in rows(RECORDS, [list(stretches), begins, ends]):
            part = combine([Part(value, skipped)])
            found[habit_id][day] = Record(part.value, part.skipped)
    return found
