"""The notifications app's place in Django."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Configuration of the notifications app."""

    name = "notifications"

    def ready(self) -> None:
        """Say which transports there are, and listen to changes of habits; models are loaded by now."""
        from django.conf import settings

        from focusjobs.jobs import at_process_end
        from notifications import checks, receivers  # noqa: F401
        from notifications.transports import close, configure

        configure(settings.PUSH_TRANSPORTS)
        at_process_end(close, "notifications.transports")
