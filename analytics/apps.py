"""The analytics app's place in Django."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Configuration of the analytics app."""

    name = "analytics"
