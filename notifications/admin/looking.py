"""Lists of rows that people and workers make, to be looked at."""

from __future__ import annotations

from focusjobs.console.lists import ReadOnlyAdmin


class LookedAt(ReadOnlyAdmin):
    """Rows that nobody writes here."""

    class Media:
        css = {"all": ("jobs/console.css",)}  # noqa: RUF012 - Django's convention
