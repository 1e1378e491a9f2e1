"""Compares a person's stored weeks and months with what their days, worked out from all records, come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from analytics.domain import totals
from analytics.domain.periods import Period, month_of, months_with, weeks_with
from analytics.models import UserClock, UserMonth, UserWeek
from analytics.rollups.differences import Difference, differing
from analytics.rollups.waiting import periods_that_wait
from habits.domain.calendar import ONE_DAY

NAMES = tuple(totals.Totals.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class StoredPeriods:
    """All weeks and months that are stored of a person, each in their order."""

    weeks: list[UserWeek]
    months: list[UserMonth]

    @property
    def earliest(self) -> date | None:
        """The first day of any of them."""
        return min((one.first_day for one in (*self.weeks, *self.months)), default=None)


def stored_periods(user_id: int, using: str = "default") -> StoredPeriods:
    """Give all weeks and months that are stored of a person. Indexes: the primary keys of both."""
    return StoredPeriods(
        list(UserWeek.objects.using(using).filter(user_id=user_id).order_by("first_day")),
        list(UserMonth.objects.using(using).filter(user_id=user_id).order_by("first_day")),
    )


def first_read(first_day: date, stored: StoredPeriods) -> date:
    """Give the first day that has to be known for the periods that begin from a day on and those that are stored.

    A period looks at its eve, and at the four weeks up to its end.
    """
    return month_of(min(first_day, stored.earliest or first_day)).first - totals.LOOK_BACK


def compare_periods(
    clock: UserClock, first_day: date, stored: StoredPeriods, lived: totals.Lived, using: str = "default"
) -> list[Difference]:
    """Give how the stored weeks and months differ from what the days come to, and which are missing since a day.

    Not those whose job is still to come: until it has run, a period that is over has no row, or one with other bounds.
    """
    found = {Period(week.first_day, week.last_day): week for week in stored.weeks}
    touched = Period(first_day, clock.last_closed)
    weeks = weeks_with(touched, found, clock.week_first - ONE_DAY, clock.week_start)
    months = {month_of(month.first_day): month for month in stored.months}
    differences = [
        *_compare("week", {**dict.fromkeys(weeks), **found}, lived),
        *_compare("month", {**dict.fromkeys(months_with(touched, clock.last_closed)), **months}, lived),
    ]
    if not differences:
        return []
    waiting = periods_that_wait(clock.user_id, using)
    return [one for period, one in differences if not any(period.overlaps(other) for other in waiting)]


def _compare(
    what: str, periods: Mapping[Period, UserWeek | UserMonth | None], lived: totals.Lived
) -> Iterator[tuple[Period, Difference]]:
    for period, stored in periods.items():
        wanted = totals.totals(period, lived)
        if stored is None or wanted is None:
            if stored is not None or wanted is not None:
                has, wants = ("stored" if one else "none" for one in (stored, wanted))
                yield period, Difference(None, period.first, what, has, wants)
            continue
        for name, one, other in differing(stored, wanted, NAMES):
            yield period, Difference(None, period.first, f"{what}: {name}", one, other)
