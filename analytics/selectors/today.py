"""How a person's habits stand on the day that is still open.

The state as of the last closed day is taken a day further, with what was recorded of today. Where it is stale, since a
change has not been followed yet or a close is due, the habit is worked out from all of its records instead. So the
answer is right from the moment of a tick, whether or not the job that follows it has run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max, Sum

from analytics.domain.closing import NOTHING, close, is_unsure
from analytics.domain.outcomes import Figures, HabitDay, Outcome, figures
from analytics.domain.standing import Standing, best_of, chronicle
from analytics.domain.terms import Terms, terms_of
from analytics.models import FocusSession, HabitState, UserClock, UserDay
from analytics.selectors.history import neutral_days
from habits.domain.calendar import ONE_DAY, day_bounds
from habits.domain.history import exempting
from habits.domain.records import Record, Rule
from habits.domain.streaks import Streak
from habits.models import Habit, User
from habits.selectors import habits_of, local_today, records_of, records_on, rule_of


@dataclass(frozen=True, slots=True)
class HabitToday:
    """A habit as of a person's open day."""

    habit: Habit
    as_of: date
    strength: float
    streak: Streak | None
    """The streak that is alive; a day that is not over is not missed yet."""
    best_streak: Streak | None
    total: int
    outcome: Outcome
    """What the day has come to so far."""
    record: Record
    amount: int
    """What the window of the habit's frequency holds so far: ticks, or thousandths of a unit."""

    @property
    def done_today(self) -> bool:
        """Today was ticked, or its amount meets the target."""
        return Outcome.DONE in self.outcome


@dataclass(frozen=True, slots=True)
class Today:
    """A person's open day."""

    day: date
    figures: Figures
    habits: Sequence[HabitToday]


@dataclass(frozen=True, slots=True)
class _Neutral:
    """A person's neutral days, with the open one where it is."""

    days: frozenset[date]
    today: bool


def today_of(user: User) -> Today:
    """Give a person's open day with the habits that are not archived."""
    today = local_today(user)
    habits = [habit for habit in habits_of(user) if habit.archived_at is None]
    found = list(_stand(user, habits, today))
    return Today(today, figures((one.outcome, one.strength) for one in found), found)


def statistics_of(habit: Habit, today: date) -> HabitToday:
    """Give how one habit stands on its owner's local day."""
    (found,) = _stand(habit.user, [habit], today)
    return found


def _stand(user: User, habits: Sequence[Habit], today: date) -> Iterable[HabitToday]:
    ids = [habit.pk for habit in habits]
    states = {state.habit_id: state for state in HabitState.objects.filter(habit_id__in=ids)}
    fresh = {habit.pk for habit in habits if _is_fresh(states.get(habit.pk), habit, today)}
    recorded = records_on(user, _days_needed(states.values(), fresh, today)) if fresh else {}
    neutral = _neutral(user, today)
    for habit in habits:
        mine = recorded.get(habit.pk, {})
        state = states[habit.pk] if habit.pk in fresh and not any(day > today for day in mine) else None
        yield _ahead(habit, state, mine, neutral, today) or _anew(habit, neutral, today)


def _is_fresh(state: HabitState | None, habit: Habit, today: date) -> bool:
    return (
        state is not None
        and state.as_of == today - ONE_DAY
        and state.unsure_since is None
        and state.completions_version == habit.completions_version
    )


def _days_needed(states: Iterable[HabitState], fresh: Collection[int], today: date) -> list[date]:
    """Give today, the days ahead that a phone may have, and the days that leave the windows of habits."""
    dropped = {today - timedelta(days=_terms(state).span) for state in states if state.habit_id in fresh}
    return [*dropped, today, today + ONE_DAY, today + 2 * ONE_DAY]


def _neutral(user: User, today: date) -> _Neutral:
    clock = UserClock.objects.filter(user=user).first()
    open_day = clock is not None and clock.neutral and clock.last_closed == today - ONE_DAY
    return _Neutral(neutral_days(user.pk), open_day)


def _terms(state: HabitState) -> Terms:
    return Terms(**{name: getattr(state, name) for name in Terms.__dataclass_fields__})


def _ahead(
    habit: Habit, state: HabitState | None, mine: Mapping[date, Record], neutral: _Neutral, today: date
) -> HabitToday | None:
    """Take the stored state a day further; None where it is not fresh or only a look back can tell."""
    if state is None:
        return None
    rule, terms = rule_of(habit), _terms(state)
    standing = Standing(**{name: getattr(state, name) for name in Standing.__dataclass_fields__})
    record, dropped = mine.get(today, NOTHING), mine.get(today - timedelta(days=terms.span), NOTHING)
    if is_unsure(terms, standing, today, record) or (terms.has_runs and (neutral.days or neutral.today)):
        return None
    after, day = close(rule, terms, standing, today, record=record, dropped=dropped, neutral=neutral.today)
    streak = _streak(after if after.streak else standing, day)
    return _shown(habit, rule, terms, after, day, record, streak)


def _anew(habit: Habit, neutral: _Neutral, today: date) -> HabitToday:
    """Work the habit out from all of its records."""
    records, every = records_of(habit), neutral.days | ({today} if neutral.today else set())
    rule = rule_of(habit)
    found = chronicle(rule, records, today, today, every)
    after, (day,) = found.standing, found.days
    before = after if after.streak else chronicle(rule, records, today, today - ONE_DAY, every).standing
    excused = exempting(rule, records, every)
    return _shown(habit, excused, found.terms, after, day, records.get(today, NOTHING), _streak(before, day))


def _streak(standing: Standing, day: HabitDay) -> Streak | None:
    if not day.streak or standing.streak_start is None:
        return None
    return Streak(standing.streak_start, day.day, day.streak)


def _shown(
    habit: Habit, rule: Rule, terms: Terms, after: Standing, day: HabitDay, record: Record, streak: Streak | None
) -> HabitToday:
    return HabitToday(
        habit=habit,
        as_of=day.day,
        strength=day.strength,
        streak=streak,
        best_streak=best_of(after, rule, day.day),
        total=after.total,
        outcome=day.outcome & (Outcome.DUE | Outcome.DONE | Outcome.SKIPPED),
        record=record,
        amount=_amount(terms_of(rule), after, record),
    )


def _amount(terms: Terms, after: Standing, record: Record) -> int:
    if terms.counts_recent:
        return (after.recent & ((1 << terms.days) - 1)).bit_count()
    if terms.span > 1:
        return after.window_sum
    return int(record.is_done) if terms.ticks else record.value or 0


def focus_today(user: User, today: date) -> UserDay:
    """Give the focus sessions of a person's open day, on a day that is not stored. Index: focus_of_day."""
    began_at, ended_at = day_bounds(user.timezone, user.day_start, today)
    clock = UserClock.objects.filter(user=user, last_closed=today - ONE_DAY).first()
    if clock:
        began_at, ended_at = clock.began_at, clock.next_rollover_at
    sums = FocusSession.objects.filter(user=user, started_at__gte=began_at, started_at__lt=ended_at).aggregate(
        total=Sum("seconds"), number=Count("*"), longest=Max("seconds")
    )
    return UserDay(focus_seconds=sums["total"] or 0, focus_sessions=sums["number"], focus_longest=sums["longest"] or 0)
