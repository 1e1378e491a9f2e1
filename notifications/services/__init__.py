"""Writes of the notifications app: one transaction each.

Content that is not valid raises `django.core.exceptions.ValidationError`.
"""

from .devices import DeviceFields, NewDevice, register_device, remove_device, update_device
from .inbox import acknowledge_opened, acknowledge_received, mark_all_read, mark_read, remove_item
from .keys import renew_keys
from .preferences import PreferenceFields, clear_preference, set_preference, unsubscribe
from .providers import close_breaker, pause_provider, resume_provider
from .reminders import ReminderFields, create_reminder, delete_reminder, snooze_reminder, update_reminder
from .testing import send_test

__all__ = [
    "DeviceFields",
    "NewDevice",
    "PreferenceFields",
    "ReminderFields",
    "acknowledge_opened",
    "acknowledge_received",
    "clear_preference",
    "close_breaker",
    "create_reminder",
    "delete_reminder",
    "mark_all_read",
    "mark_read",
    "pause_provider",
    "register_device",
    "remove_device",
    "remove_item",
    "renew_keys",
    "resume_provider",
    "send_test",
    "set_preference",
    "snooze_reminder",
    "unsubscribe",
    "update_device",
    "update_reminder",
]
