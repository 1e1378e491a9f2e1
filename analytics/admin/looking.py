"""Pages that show what jobs have written."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from focusjobs.keyset import KeysetAdmin


class LookingAdmin(KeysetAdmin):
    """Read-only: jobs write these rows."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False
