"""Addresses of the analytics app, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from analytics import views
from habits import converters  # noqa: F401 - registers client_id

urlpatterns = [
    path("habits/<client_id:client_id>/stats", views.StatisticsView.as_view(), name="habit_statistics"),
    path("stats/today", views.TodayView.as_view(), name="stats_today"),
    path("stats/days", views.DaysView.as_view(), name="stats_days"),
    path("stats/weeks", views.WeeksView.as_view(), name="stats_weeks"),
    path("stats/months", views.MonthsView.as_view(), name="stats_months"),
    path("reports/weekly", views.WeeklyReportView.as_view(), name="weekly_report"),
    path("focus-sessions", views.FocusListView.as_view(), name="focus_sessions"),
    path("focus-sessions/<client_id:client_id>", views.FocusView.as_view(), name="focus_session"),
]
