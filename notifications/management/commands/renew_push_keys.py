"""`manage.py renew_push_keys`: encrypt devices' addresses anew after a key was added."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.models import Device
from notifications.services import renew_keys


class Command(BaseCommand):
    """Goes batch by batch, so that it can be stopped and begun again at any time."""

    help = (
        "Encrypt the addresses of devices with the first of PUSH_KEYS; after that the keys behind it can go. What "
        "cannot be read any more is retired, and its app registers again at its next start."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew, saying how far it has come."""
        unreadable, done = self._unreadable(), 0
        try:
            for number in renew_keys():
                done += number
                self.stdout.write(f"{done} addresses", ending="\r")
        except KeyboardInterrupt:
            raise CommandError(f"Stopped after {done} addresses. Run it again for the others.") from None
        lost = self._unreadable() - unreadable
        self.stdout.write(f"{done - lost} addresses encrypted anew; {lost} could not be read, and were retired.")

    @staticmethod
    def _unreadable() -> int:
        return Device.objects.filter(retired_reason=Device.Reason.UNREADABLE).count()
