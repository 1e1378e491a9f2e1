"""The REST interface of the notifications app: devices, what is wanted, reminders, and what was told."""

from .acknowledgements import OpenedView, ReceivedView
from .devices import DeviceListView, DeviceView, TestView, WayView
from .inbox import InboxItemView, InboxReadView, InboxUnreadView, InboxView
from .preferences import PreferenceListView, PreferenceView
from .reminders import ReminderListView, ReminderView, SnoozeView
from .unsubscribing import unsubscribe

__all__ = [
    "DeviceListView",
    "DeviceView",
    "InboxItemView",
    "InboxReadView",
    "InboxUnreadView",
    "InboxView",
    "OpenedView",
    "PreferenceListView",
    "PreferenceView",
    "ReceivedView",
    "ReminderListView",
    "ReminderView",
    "SnoozeView",
    "TestView",
    "WayView",
    "unsubscribe",
]
