"""History is read from the replica where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from analytics.models import UserDay, UserWeek
from analytics.reports import weekly_report
from analytics.rollups.rebuilding import inspect
from analytics.selectors import closed_days, heatmap_of, months_between, streak_events, week_of_person, weeks_between
from analytics.tasks import sum_up_weeks
from focusjobs.jobs.models import Job
from tests.factories import UserFactory

from .people import MONDAY, after, at, close, make_habit, settle, tick

pytestmark = pytest.mark.django_db(transaction=True)  # another connection sees what is committed

HISTORY = ("analytics_userday", "analytics_userweek", "analytics_usermonth", "analytics_streakevent")


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A second connection to the database of the test, which refuses to write."""
    mirror = connection.copy()
    mirror.settings_dict["OPTIONS"]["options"] = "-c default_transaction_read_only=on"
    monkeypatch.setitem(settings.DATABASES, "replica", mirror.settings_dict)
    connections["replica"] = mirror
    yield mirror
    mirror.close()
    del connections["replica"]


def test_days_weeks_and_reports_are_read_from_the_replica_and_nowhere_else(replica: Any) -> None:
    with at(MONDAY):
        user = UserFactory()
        habit = make_habit(user)
    with at(after(7)):
        tick(habit, *(after(n) for n in range(3)))
        settle(user)
        close()
        sum_up_weeks(weeks=[(user.pk, str(MONDAY), str(after(6)))])

    with CaptureQueriesContext(replica) as there, CaptureQueriesContext(connection) as here:
        days = closed_days(user, MONDAY, after(6))
        assert len(heatmap_of(habit, after(6), 7)) == len(days) == 7
        assert [event.kind for event in streak_events(user, MONDAY)] == ["broken"]
        (week,) = weeks_between(user, MONDAY, after(6))
        assert week_of_person(user) == week
        assert months_between(user, MONDAY, after(6)) == []
        assert weekly_report(user, week).text.startswith("You did 3 of 7 (43%).")

    assert {name for name in HISTORY if any(name in query["sql"] for query in there)} == set(HISTORY)
    assert not any(name in query["sql"] for query in here for name in HISTORY)
    assert UserDay.objects.using("replica").count() == 7
    assert UserWeek.objects.using("replica").count() == 1


def test_everything_that_is_compared_is_read_from_the_replica(replica: Any) -> None:
    with at(MONDAY):
        user = UserFactory()
        make_habit(user)
    with at(after(7)):
        close()
        sum_up_weeks(weeks=[(user.pk, str(MONDAY), str(after(6)))])
        UserWeek.objects.update(missed=99)
        Job.objects.all().delete()

    with CaptureQueriesContext(connection) as here:
        found = inspect(user.pk, "replica")

    assert found is not None
    assert [(one.day, one.what, one.stored, one.expected) for one in found.differences] == [
        (MONDAY, "week: missed", 99, 7)
    ]
    assert here.captured_queries == []
