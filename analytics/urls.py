"""Addresses of the analytics app, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from analytics import views
from habits import converters  # noqa: F401 - registers client_id

urlpatterns = [
    path("habits/<client_id:client_id>/stats", views.StatisticsView.as_view(), name="habit_statistics"),
]
