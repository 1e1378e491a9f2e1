"""Reminders and alerts: planned, delivered once, never late."""
