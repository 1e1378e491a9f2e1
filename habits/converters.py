"""Parts of addresses: a habit's identifier and a day."""

from __future__ import annotations

from datetime import date

from django.urls import register_converter

from habits.domain.limits import CLIENT_ID


class ClientIdConverter:
    """The identifier that a phone gave a habit."""

    regex = CLIENT_ID

    def to_python(self, value: str) -> str:
        """Take it as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Give it as it stands."""
        return value


class DayConverter:
    """A calendar day as YYYY-MM-DD; an address with a day that does not exist does not exist either."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Read the day. Raises ValueError, which Django answers with 404."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Write the day."""
        return value.isoformat()


register_converter(ClientIdConverter, "client_id")
register_converter(DayConverter, "day")
