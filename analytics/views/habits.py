"""Statistics of one habit."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from analytics.domain.outcomes import Outcome
from analytics.selectors import heatmap_of, rates_of, statistics_of, weekday_counts
from analytics.serializers import HeatmapQuerySerializer, StatisticsSerializer
from focusjobs.rest.conditional import ConditionalView
from habits.domain.calendar import ONE_DAY
from habits.selectors import local_today
from habits.views import OwnHabitView, PersonRequest

from . import shapes

RATED = 90
"""Closed days that the longest rate takes in."""


class StatisticsView(ConditionalView, OwnHabitView):
    """Statistics of one habit."""

    @extend_schema(operation_id="habit_statistics", parameters=[HeatmapQuerySerializer], responses=StatisticsSerializer)
    def get(self, request: PersonRequest, client_id: str) -> Response:
        """Give strength, streaks and totals, as of the person's day today and with every record that is stored.

        Rates, weekdays and heatmap are of closed days, up to the last one.
        """
        query = HeatmapQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        habit, today, number = self.habit(request, client_id), local_today(request.user), query.validated_data["days"]
        found = statistics_of(habit, today)
        days = heatmap_of(habit, today - ONE_DAY, max(RATED, number))
        rated = [day for day in days if (today - day.day).days <= RATED]
        rates = {f"days_{span}": rate for span, rate in rates_of(rated, today - ONE_DAY).items()}
        answer: dict[str, Any] = {
            "as_of": found.as_of,
            "strength": found.strength,
            "streak": shapes.streak(found.streak),
            "best_streak": shapes.streak(found.best_streak),
            "total": found.total,
            "done_today": found.done_today,
            "due_today": Outcome.DUE in found.outcome,
            "rates": rates,
            "weekdays": weekday_counts(rated),
        }
        if number:
            answer["heatmap"] = [shapes.habit_day(day) for day in days if (today - day.day).days <= number]
        return Response(StatisticsSerializer(answer).data)
