"""The habits app's place in Django."""

from django.apps import AppConfig


class HabitsConfig(AppConfig):
    """Configuration of the habits app."""

    name = "habits"

    def ready(self) -> None:
        """Listen to the deletion of accounts; receivers import models, which are loaded by now."""
        from habits import receivers  # noqa: F401
