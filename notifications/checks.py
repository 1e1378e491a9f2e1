"""System checks: what would otherwise fail when the first reminder is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, register
from django.core.exceptions import ImproperlyConfigured

from notifications.addresses import check_keys
from notifications.transports import ConfigurationError, configured, transport_for


@register()
def check_transports(**_: Any) -> Sequence[CheckMessage]:
    """Warn of transports that cannot work as they are configured; nothing is connected."""
    return [
        checks.Warning(
            str(error), hint="Correct PUSH_TRANSPORTS; workers need it, web does not.", id="notifications.W001"
        )
        for error in map(_problem_of, configured())
        if error is not None
    ]


def _problem_of(transport: str) -> ConfigurationError | None:
    try:
        transport_for(transport)
    except ConfigurationError as error:
        return error
    return None


@register()
def check_key_ring(**_: Any) -> Sequence[CheckMessage]:
    """Refuse keys that cannot encrypt."""
    try:
        check_keys()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), hint="Correct PUSH_KEYS.", id="notifications.E002")]
    return []
