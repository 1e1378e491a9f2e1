"""A person's days, weeks and months."""

from __future__ import annotations

from datetime import date, timedelta

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from analytics.selectors import closed_days, focus_today, months_between, streak_events, today_of, weeks_between
from analytics.serializers import (
    DaysSerializer,
    MonthsSerializer,
    RangeSerializer,
    TodaySerializer,
    WeeksSerializer,
)
from focusjobs.rest.conditional import ConditionalView
from habits.domain.calendar import ONE_DAY
from habits.selectors import habits_of, local_today
from habits.views import PersonRequest

from . import shapes


class TodayView(ConditionalView):
    """The day that is still open."""

    @extend_schema(operation_id="stats_today", responses=TodaySerializer)
    def get(self, request: PersonRequest) -> Response:
        """Give what is done and what is open today, with every record that is stored; without archived habits."""
        today = today_of(request.user)
        answer = {
            **shapes.figures(today.figures),
            "open": today.figures.missed,
            "day": today.day,
            "focus": shapes.focus(focus_today(request.user, today.day)),
            "habits": [shapes.habit_today(one) for one in today.habits],
        }
        return Response(TodaySerializer(answer).data)


class DaysView(ConditionalView):
    """Closed days."""

    @extend_schema(operation_id="stats_days", parameters=[RangeSerializer], responses=DaysSerializer)
    def get(self, request: PersonRequest) -> Response:
        """Give closed days from one to another, oldest first; by default the latest 30."""
        first, last = _range(request, timedelta(days=29))
        names, events = _names(request), streak_events(request.user, first, last)
        days = [shapes.day(row, names, events) for row in closed_days(request.user, first, last)]
        return Response(DaysSerializer({"days": days}).data)


class WeeksView(ConditionalView):
    """Weeks that are over."""

    @extend_schema(operation_id="stats_weeks", parameters=[RangeSerializer], responses=WeeksSerializer)
    def get(self, request: PersonRequest) -> Response:
        """Give the weeks that have any day from one to another, oldest first; by default of the latest 12 weeks."""
        first, last = _range(request, timedelta(weeks=12))
        names = _names(request)
        weeks = [shapes.period(row, names) for row in weeks_between(request.user, first, last)]
        return Response(WeeksSerializer({"weeks": weeks}).data)


class MonthsView(ConditionalView):
    """Months that are over."""

    @extend_schema(operation_id="stats_months", parameters=[RangeSerializer], responses=MonthsSerializer)
    def get(self, request: PersonRequest) -> Response:
        """Give the months that have any day from one to another, oldest first; by default of the latest year."""
        first, last = _range(request, timedelta(days=365))
        names = _names(request)
        months = [shapes.period(row, names) for row in months_between(request.user, first, last)]
        return Response(MonthsSerializer({"months": months}).data)


def _range(request: PersonRequest, span: timedelta) -> tuple[date, date]:
    context = {"last": local_today(request.user) - ONE_DAY, "span": span}
    query = RangeSerializer(data=request.query_params, context=context)
    query.is_valid(raise_exception=True)
    return query.validated_data["first"], query.validated_data["last"]


def _names(request: PersonRequest) -> shapes.Names:
    return {habit.pk: habit for habit in habits_of(request.user)}
