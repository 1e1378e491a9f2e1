"""Addresses of the habits app, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from habits import (
    converters,  # noqa: F401 - registers client_id and day
    views,
)

urlpatterns = [
    path("me", views.ProfileView.as_view(), name="profile"),
    path("me/export", views.ExportView.as_view(), name="export"),
    path("me/export/file", views.ExportFileView.as_view(), name="export_file"),
    path("me/tokens", views.TokenListView.as_view(), name="tokens"),
    path("me/tokens/<int:number>", views.TokenView.as_view(), name="token"),
    path("imports", views.ImportListView.as_view(), name="imports"),
    path("imports/<int:number>", views.ImportView.as_view(), name="import"),
    path("habits", views.HabitListView.as_view(), name="habits"),
    path("habits/<client_id:client_id>", views.HabitView.as_view(), name="habit"),
    path("habits/<client_id:client_id>/restore", views.RestoreView.as_view(), name="habit_restore"),
    path("habits/<client_id:client_id>/completions", views.CompletionListView.as_view(), name="completions"),
    path("habits/<client_id:client_id>/completions/<day:day>", views.CompletionView.as_view(), name="completion"),
    path("sync/push", views.PushView.as_view(), name="sync_push"),
    path("sync/pull", views.PullView.as_view(), name="sync_pull"),
    path("sync/pushes/<uuid:key>", views.PushStatusView.as_view(), name="sync_push_status"),
]
