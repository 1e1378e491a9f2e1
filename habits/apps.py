"""The habits app's place in Django."""

from django.apps import AppConfig


class HabitsConfig(AppConfig):
    """Configuration of the habits app."""

    name = "habits"
