"""What the REST interface of the notifications app takes and gives."""

from .devices import (
    DeviceChangeSerializer,
    DeviceQuerySerializer,
    DeviceSerializer,
    NewDeviceSerializer,
    TestSerializer,
    WaySerializer,
)
from .inbox import CountSerializer, InboxItemSerializer, InboxQuerySerializer, ReadSerializer, ReadUpToSerializer
from .preferences import ANY, ChoiceSerializer, PreferenceSerializer, preference, words_of
from .reminders import NewReminderSerializer, ReminderQuerySerializer, ReminderSerializer, SnoozeSerializer

__all__ = [
    "ANY",
    "ChoiceSerializer",
    "CountSerializer",
    "DeviceChangeSerializer",
    "DeviceQuerySerializer",
    "DeviceSerializer",
    "InboxItemSerializer",
    "InboxQuerySerializer",
    "NewDeviceSerializer",
    "NewReminderSerializer",
    "PreferenceSerializer",
    "ReadSerializer",
    "ReadUpToSerializer",
    "ReminderQuerySerializer",
    "ReminderSerializer",
    "SnoozeSerializer",
    "TestSerializer",
    "WaySerializer",
    "preference",
    "words_of",
]
