"""Lists of rows that people and workers make, to be looked at."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from focusjobs.keyset import KeysetAdmin


class LookedAt(KeysetAdmin):
    """Rows that nobody writes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: they come from elsewhere."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: they say what is."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: they go after their time, or with the account."""
        return False

    class Media:
        css = {"all": ("jobs/console.css",)}  # noqa: RUF012 - Django's convention
