"""People who live by dice, a month of moments long, and the jobs that follow them, some of which come late."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from analytics import tasks
from analytics.rollups.clocks import wind_clocks
from analytics.rollups.following import follow_changes
from analytics.services import record_focus
from benchmarks.histories import statements
from focusjobs.sql import array, bound_rows, rows
from habits import services
from habits.domain.calendar import ONE_DAY, logical_date
from habits.models import Habit, User

BEGIN = date(2026, 3, 7)
"""From here on clocks change on 8 March (North America), 29 March (Europe, Lebanon) and 5 April (Chile, Australia)."""

ZONES = [
    *("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "America/Santiago"),
    *("Asia/Kolkata", "Asia/Beirut", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland"),
    *("Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago"),
]

RULE = {"kind": "yes_no", "freq_num": 1, "freq_den": 1, "weekdays": 127, "target_type": "at_least", "target_value": 0}
RULES: list[dict[str, Any]] = [
    RULE | rule
    for rule in (
        {},
        {},
        {"weekdays": 0b0011111},
        {"freq_num": 3, "freq_den": 7},
        {"freq_num": 1, "freq_den": 7},
        {"freq_num": 2, "freq_den": 14, "weekdays": 0b1110111},
        {"freq_num": 1, "freq_den": 30},
        {"freq_num": 2, "freq_den": 31},
        {"kind": "measured", "target_value": 2.5},
        {"kind": "measured", "target_value": 5.0, "freq_den": 3},
        {"kind": "counted", "target_value": 2.0, "target_type": "at_most"},
        {"kind": "counted", "target_value": 9.0, "target_type": "at_most", "freq_den": 7},
        {"kind": "counted", "target_value": 0.0, "target_type": "at_most"},
    )
]

ACTIVE, TICKED, AHEAD, LATE, CHANGES = 0.8, 0.7, 0.05, 0.12, 0.04
"""How likely it is that people do something at a moment, tick a habit, one of tomorrow, edit a day that is over, and
change something else than records."""

AWAY = 0.1
"""How likely people tick a habit all the same that they have put away, beside one that they have not."""

UNZONED = 0.1
"""How likely a phone does not tell its zone."""

PROMPT = 0.02
"""How likely a job that follows a change has run by the next moment, of every eighth person a dozen times as likely. It
holds all changes that came meanwhile."""

WORKERS = ThreadPoolExecutor(2)
"""Do the jobs of people beside one another; each keeps its connection to the end."""


class Tap(NamedTuple):
    """What is written of one cell: the columns of `statements.RECORDS`."""

    user: int
    habit: int
    day: date
    slot: str
    value: int | None
    skipped: bool
    noted: bool
    zone: str


class World:
    """All people, driven by the same dice."""

    def __init__(self, seed: int, people: int, each: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - histories that can be had again
        self.people, self.each = people, each
        self.counts: Counter[str] = Counter()
        self.users: dict[int, User] = {}
        self.habits: dict[int, dict[int, str]] = {}
        self.away: set[int] = set()

    def begin(self) -> None:
        """Let everybody sign up and make their habits."""
        bound_rows("SELECT setseed(%s::float8)", [self.dice.random()])
        with transaction.atomic():
            bound_rows("SELECT set_config('sync.version', 'benchmark', true)")
            bound_rows(statements.PEOPLE, {"people": self.people, "zones": ZONES})
            bound_rows(statements.HABITS, {"each": self.each, "rules": json.dumps(RULES), "now": timezone.now()})
        while wound := wind_clocks():
            tasks.refresh_people(wound)
        self.users = {user.pk: user for user in User.objects.order_by("pk")}
        self.habits = {number: {} for number in self.users}
        for number, user, kind in Habit.objects.order_by("pk").values_list("pk", "user_id", "kind"):
            self.habits[user][number] = kind

    def live_a_moment(self) -> None:
        """Let people do something, most often what is due; then close days that are over, and do some of the jobs."""
        if self.dice.random() < 0.5:
            self.close()
        now = timezone.now()
        active = [number for number in self.users if self.dice.random() < ACTIVE]
        self.write([tap for number in active for tap in self.taps(number, now)])
        for number in active:
            if self.dice.random() < CHANGES:
                self.change_something(number)
        self.close()
        self.work(PROMPT)

    # --- records ---

    def taps(self, number: int, now: datetime) -> Iterator[Tap]:
        """Give what a person records at a moment, each cell once."""
        user, dice = self.users[number], self.dice
        today = logical_date(user.timezone, user.day_start, now)
        days = [(habit, today) for habit in self.habits[number] if dice.random() < self.zeal(habit)]
        days += [(habit, today + ONE_DAY) for habit in self.habits[number] if dice.random() < AHEAD]
        if dice.random() < LATE and self.habits[number]:
            late = dice.choice(list(self.habits[number])), today - dice.randint(1, 20) * ONE_DAY
            days.append(late)
            self.counts["late_edits"] += 1
        for habit, day in days:
            yield self.tap(user, habit, self.habits[number][habit], day)

    def zeal(self, habit: int) -> float:
        """How likely a habit is ticked."""
        return TICKED * AWAY if habit in self.away else TICKED

    def tap(self, user: User, habit: int, kind: str, day: date) -> Tap:
        """Roll the dice for what is recorded of a day."""
        luck, value, skipped, noted, slot = self.dice.random(), None, False, False, ""
        if luck < 0.08:
            skipped = True
            self.counts["skips"] += 1
        elif luck < 0.13:
            noted = True
            self.counts["notes"] += 1
        elif luck < 0.17:
            self.counts["cleared"] += 1
        elif kind == Habit.Kind.YES_NO:
            value = self.dice.choice([0, 1000, 1000, 1000])
        elif kind == Habit.Kind.COUNTED:  # two devices count, and one may take back what the other one counted
            slot, value = self.dice.choice(["", "watch"]), self.dice.choice([-1000, 0, 1000, 2000, 4000])
        else:
            value = self.dice.choice([0, 1000, 2500, 7000])
        zone = "" if self.dice.random() < UNZONED else user.timezone
        return Tap(user.pk, habit, day, slot, value, skipped, noted, zone)

    def write(self, taps: list[Tap]) -> None:
        """Write records and marks, and have the jobs follow, as one push of everybody."""
        columns = ("users", "habits", "days", "slots", "values", "skipped", "noted", "zones")
        values = {name: array(column) for name, column in zip(columns, zip(*taps, strict=True), strict=True)}
        with transaction.atomic():
            bound_rows("SELECT set_config('sync.version', 'benchmark', true)")
            bound_rows(statements.RECORDS, {**values, "now": timezone.now()})
            tasks.refresh_people([tap.user for tap in taps])
        self.counts["records"] += len(taps)

    # --- all else, through the product's own services ---

    def change_something(self, number: int) -> None:
        """Let a person travel, rise at another time, put habits away, take them up or ask for something else."""
        acts = (self.travel, self.rise, self.archive, self.ask, self.sort, self.swap, self.focus)
        (act,) = self.dice.choices(acts, weights=(2, 1, 4, 1, 1, 1, 1))
        act(number)
        self.counts[act.__name__] += 1

    def travel(self, number: int) -> None:
        """Move to another zone, which holds at once."""
        self.users[number] = services.update_profile(user=self.users[number], timezone=self.dice.choice(ZONES))

    def rise(self, number: int) -> None:
        """Begin days and weeks at another time."""
        start, week = self.dice.choice([0, 60, 240]), self.dice.randint(0, 6)
        self.users[number] = services.update_profile(user=self.users[number], day_start=start, week_start=week)

    def archive(self, number: int) -> None:
        """Take up what was put away, or put a habit away; the job that follows may come at once."""
        away = self.away & self.habits[number].keys()
        habit = Habit.objects.get(pk=min(away)) if away else self._any(number)
        services.update_habit(habit=habit, archived=not away)
        self.away ^= {habit.pk}
        if self.dice.random() < 0.5:
            follow_changes(number)

    def sort(self, number: int) -> None:
        """Put a habit into another category."""
        services.update_habit(habit=self._any(number), category=self.dice.choice(["", "body", "mind", "home"]))

    def ask(self, number: int) -> None:
        """Ask for something else from now on, and of all days before."""
        habit = self._any(number)
        if habit.kind != Habit.Kind.YES_NO:
            services.update_habit(habit=habit, target_value=self.dice.choice([1.0, 2.5, 6.0]))
        elif self.dice.random() < 0.5:
            services.update_habit(habit=habit, freq_num=1, freq_den=self.dice.choice([1, 2, 7, 30]))
        else:
            services.update_habit(habit=habit, weekdays=self.dice.choice([127, 31, 96]))

    def swap(self, number: int) -> None:
        """Take up another habit in place of one that is deleted; now and then that one comes back."""
        old = self._any(number)
        services.delete_habit(habit=old)
        if self.dice.random() < 0.3:
            services.restore_habit(user=self.users[number], client_id=old.client_id)
            return
        del self.habits[number][old.pk]
        habit, _ = services.create_habit(user=self.users[number], name="Other", **self.dice.choice(RULES))
        self.habits[number][habit.pk] = habit.kind
        with transaction.atomic():  # the clock of the database has stayed behind
            bound_rows("SELECT set_config('sync.version', 'benchmark', true)")
            Habit.objects.filter(pk=habit.pk).update(created_at=timezone.now())

    def focus(self, number: int) -> None:
        """Have kept to one thing for a while, within the last two days."""
        began = timezone.now() - timedelta(minutes=self.dice.randint(60, 2880))
        record_focus(user=self.users[number], client_id=f"f{began}", started_at=began, seconds=1500)

    def _any(self, number: int) -> Habit:
        return Habit.objects.get(pk=self.dice.choice(list(self.habits[number])))

    # --- closes and jobs ---

    def close(self) -> None:
        """Close every day that is over."""
        for closed, _ in tasks.close_due_days():
            self.counts["closed_days"] += closed.users

    def work(self, part: float) -> None:
        """Do this part of the jobs that closes and changes have enqueued; the rest comes late."""
        jobs = rows(statements.TAKE_PEOPLE, [tasks.refresh_person.name, part])
        followed = WORKERS.map(follow_changes, [json.loads(known)["user_id"] for (known,) in jobs])
        self.counts["followed"] += len(list(followed))
        for task in (tasks.sum_up_weeks, tasks.sum_up_months):
            for (known,) in rows(statements.TAKE, [task.name, part + 0.5]):
                task(**json.loads(known))


def moments(dice: random.Random, nights: int) -> Iterator[datetime]:
    """Give a moment of each day, at any hour."""
    for n in range(nights + 1):
        yield datetime(BEGIN.year, BEGIN.month, BEGIN.day, tzinfo=UTC) + timedelta(days=n, hours=dice.uniform(0, 24))
