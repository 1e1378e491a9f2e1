"""Whom to remind, when, and what became of it."""

from .deliveries import Delivery
from .devices import Device
from .inbox import InboxItem
from .notifications import Notification
from .preferences import Preference
from .providers import ProviderState
from .reminders import Reminder

__all__ = ["Delivery", "Device", "InboxItem", "Notification", "Preference", "ProviderState", "Reminder"]
