"""Addresses of the notifications app, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from notifications import views

urlpatterns = [
    path("push", views.WayView.as_view(), name="push"),
    path("devices", views.DeviceListView.as_view(), name="devices"),
    path("devices/<int:number>", views.DeviceView.as_view(), name="device"),
    path("preferences", views.PreferenceListView.as_view(), name="preferences"),
    path("preferences/<str:kind>/<str:channel>", views.PreferenceView.as_view(), name="preference"),
    path("reminders", views.ReminderListView.as_view(), name="reminders"),
    path("reminders/<int:number>", views.ReminderView.as_view(), name="reminder"),
    path("reminders/<int:number>/snooze", views.SnoozeView.as_view(), name="reminder_snooze"),
    path("inbox", views.InboxView.as_view(), name="inbox"),
    path("inbox/read", views.InboxReadView.as_view(), name="inbox_read"),
    path("inbox/unread", views.InboxUnreadView.as_view(), name="inbox_unread"),
    path("inbox/<int:number>", views.InboxItemView.as_view(), name="inbox_item"),
    path("notifications/test", views.TestView.as_view(), name="notification_test"),
    path("notifications/<uuid:delivery_id>/received", views.ReceivedView.as_view(), name="notification_received"),
    path("notifications/<uuid:delivery_id>/opened", views.OpenedView.as_view(), name="notification_opened"),
    path("unsubscribe", views.unsubscribe, name="unsubscribe"),
]
