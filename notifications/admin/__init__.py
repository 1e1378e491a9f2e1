"""Notifications in the admin: what became of each, devices, reminders, wishes, and how providers are doing."""

from . import devices, notifications, people, providers

__all__ = ["devices", "notifications", "people", "providers"]
