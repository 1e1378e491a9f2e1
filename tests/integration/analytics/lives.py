"""Random lives: habits, ticks, skips, late edits, travels and changes of mind, day after day."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import time_machine

from analytics.rollups.following import follow_changes
from analytics.tasks import close_due_days
from habits import services
from habits.models import Habit, User
from habits.selectors import local_today
from tests.factories import UserFactory

from .people import made_now

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago")
RULES = (
    {},
    {},
    {"weekdays": 0b0011111},
    {"freq_num": 1, "freq_den": 7},
    {"freq_num": 3, "freq_den": 7},
    {"freq_num": 2, "freq_den": 14, "weekdays": 0b1110111},
    {"freq_num": 1, "freq_den": 30},
    {"freq_num": 2, "freq_den": 31},
    {"freq_num": 1, "freq_den": 60},
    {"kind": "measured", "target_value": 2.5, "target_type": "at_least"},
    {"kind": "measured", "target_value": 5.0, "target_type": "at_least", "freq_den": 3},
    {"kind": "counted", "target_value": 2.0, "target_type": "at_most"},
    {"kind": "counted", "target_value": 9.0, "target_type": "at_most", "freq_den": 7},
    {"kind": "counted", "target_value": 0.0, "target_type": "at_most"},
)


@dataclass
class Life:
    """A person who keeps habits, driven by dice."""

    dice: random.Random
    begins: date
    user: User = field(init=False)
    habits: list[Habit] = field(init=False, default_factory=list)
    pending: bool = field(init=False, default=False)

    def begin(self) -> None:
        """Sign up and make the first habits."""
        self.user = UserFactory(timezone=self.dice.choice(ZONES), day_start=self.dice.choice([0, 0, 180]))
        for _ in range(self.dice.randint(1, 4)):
            self.make_habit()

    def make_habit(self) -> None:
        habit, _ = services.create_habit(user=self.user, name="Habit", **self.dice.choice(RULES))
        made_now(habit)
        self.habits.append(habit)
        self.follow()

    def follow(self) -> None:
        """Let the job that follows a change run; now and then it comes late, behind the next close."""
        if self.dice.random() < 0.8:
            follow_changes(self.user.pk)

    def record(self, habit: Habit, day: date) -> None:
        habit = Habit.objects.get(pk=habit.pk)
        luck = self.dice.random()
        if luck < 0.1:
            services.record_completion(habit=habit, day=day, skipped=True)
        elif luck < 0.15:
            services.clear_completion(habit=habit, day=day)
        elif luck < 0.2:
            services.record_completion(habit=habit, day=day, note="rain")
        elif habit.kind == "yes_no":
            services.record_completion(habit=habit, day=day, value=self.dice.choice([0, 1000, 1000, 1000]))
        else:
            value = self.dice.choice([0, 1, 2, 3, 7])
            services.record_completion(habit=habit, day=day, value=value * 1000)

    def live_a_day(self) -> None:
        """Do something, most often what is due."""
        today = local_today(self.user)
        for habit in self.habits:
            if self.dice.random() < 0.6:
                self.record(habit, today)
            if self.dice.random() < 0.05:
                self.record(habit, today + timedelta(days=1))
        if self.dice.random() < 0.1:
            self.record(self.dice.choice(self.habits), today - timedelta(days=self.dice.randint(1, 20)))
        self.change_something()
        self.follow()

    def change_something(self) -> None:
        """Now and then move house, put a habit away or take it up, or ask for something else."""
        changes = (self.travel, self.travel, self.rise_earlier, self.archive, self.archive, self.ask_anew, self.drop)
        if self.dice.random() < 0.12:
            self.dice.choice(changes)()

    def travel(self) -> None:
        self.user = services.update_profile(user=self.user, timezone=self.dice.choice(ZONES))

    def rise_earlier(self) -> None:
        day_start, week_start = self.dice.choice([0, 60, 240]), self.dice.randint(0, 6)
        self.user = services.update_profile(user=self.user, day_start=day_start, week_start=week_start)

    def archive(self) -> None:
        services.update_habit(habit=self.dice.choice(self.habits), archived=self.dice.random() < 0.5)

    def ask_anew(self) -> None:
        habit = self.dice.choice(self.habits)
        if habit.kind == "yes_no" and self.dice.random() < 0.5:
            services.update_habit(habit=habit, freq_num=1, freq_den=self.dice.choice([1, 2, 7, 30]))
        else:
            services.update_habit(habit=habit, weekdays=self.dice.choice([127, 31, 96]))

    def drop(self) -> None:
        """Take up another habit, and perhaps drop one for it."""
        self.make_habit()
        if self.dice.random() < 0.5:
            services.delete_habit(habit=self.habits.pop(0))


def live(seed: int, days: int, begins: date = date(2026, 3, 10), people: int = 1) -> list[Life]:
    """Let people live for so many days, closing the days as they end, and the late jobs run at the end."""
    lives = [Life(random.Random(f"{seed}-{n}"), begins) for n in range(people)]  # noqa: S311 - dice
    for moment in moments(begins, days):
        with time_machine.travel(moment, tick=False):
            for life in lives:
                life.begin() if moment.date() == begins and not life.habits else life.live_a_day()
            for _ in close_due_days():
                pass
    with time_machine.travel(moment, tick=False):
        for life in lives:
            follow_changes(life.user.pk)
    return lives


def moments(begins: date, days: int) -> Iterator[datetime]:
    for n in range(days):
        yield datetime(begins.year, begins.month, begins.day, 13, 17, tzinfo=UTC) + timedelta(days=n)
