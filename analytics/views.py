"""The REST interface of the analytics app."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from analytics.selectors import statistics_of
from analytics.serializers import StatisticsSerializer
from habits.selectors import local_today
from habits.views import OwnHabitView, PersonRequest


class StatisticsView(OwnHabitView):
    """Statistics of one habit."""

    @extend_schema(operation_id="habit_statistics", responses=StatisticsSerializer)
    def get(self, request: PersonRequest, client_id: str) -> Response:
        """Give strength, streaks and totals, as of the person's day today and with every record that is stored."""
        habit = self.habit(request, client_id)
        return Response(StatisticsSerializer(statistics_of(habit, local_today(request.user))).data)
