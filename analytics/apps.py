"""The analytics app's place in Django."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Configuration of the analytics app."""

    name = "analytics"

    def ready(self) -> None:
        """Listen to changes of habits; receivers import models, which are loaded by now."""
        from analytics import receivers  # noqa: F401
