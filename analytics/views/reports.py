"""The weekly report."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from analytics.reports import weekly_report
from analytics.selectors import week_of_person
from analytics.serializers import WeeklyReportSerializer, WeekQuerySerializer
from focusjobs.rest.conditional import ConditionalView
from habits.selectors import habits_of
from habits.views import PersonRequest

from . import shapes


class WeeklyReportView(ConditionalView):
    """The report of a week."""

    @extend_schema(
        operation_id="weekly_report",
        parameters=[WeekQuerySerializer],
        responses={200: WeeklyReportSerializer, 404: None},
    )
    def get(self, request: PersonRequest) -> Response:
        """Give the report of the week of a day, or of the latest that is over: 404 where there is none."""
        query = WeekQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        week = week_of_person(request.user, query.validated_data.get("day"))
        if week is None:
            raise Http404("There are no statistics of this week; they are made when it is over.")
        report = weekly_report(request.user, week)
        answer = {
            "week": shapes.period(week, {habit.pk: habit for habit in habits_of(request.user)}),
            "previous_rate": report.numbers.previous_rate,
            **{name: getattr(report, name) for name in ("title", "text", "html", "svg")},
        }
        return Response(WeeklyReportSerializer(answer).data)
