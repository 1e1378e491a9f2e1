"""What Firebase Cloud Messaging answers, and what it means.

https://firebase.google.com/docs/cloud-messaging/error-codes and .../scale-fcm. That a 500 or 503 may have been
delivered is acknowledged in https://github.com/firebase/firebase-admin-node/issues/1248.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from ..outcome import ANY, GONE, MISCONFIGURED, OK, OUR_MISTAKE, Action, Fate, Ruling, Table
from ..reading import code_of, json_object

BAD_TOKEN = "INVALID_REGISTRATION"  # noqa: S105  this project's word: Google has the same code for any bad argument
MAYBE = Ruling(Fate.UNKNOWN, Action.REPEAT_ONCE, wait=timedelta(seconds=10))
QUOTA = Ruling(Fate.THROTTLED, Action.PAUSE, wait=timedelta(seconds=60))

TABLE: Table = MappingProxyType(
    {
        (200, ANY): OK,
        (404, "UNREGISTERED"): GONE,
        (404, ANY): MISCONFIGURED,  # no such project, or an address that is not Google's
        (400, BAD_TOKEN): GONE,
        (400, "INVALID_ARGUMENT"): OUR_MISTAKE,
        (400, ANY): OUR_MISTAKE,
        (403, "SENDER_ID_MISMATCH"): Ruling(Fate.REJECTED, Action.RETIRE_IF_FEW, alarm=True),
        (403, ANY): MISCONFIGURED,
        # Apple's key or the VAPID key that Firebase holds is wrong; Android is well, so that only many of them stop it.
        (401, "THIRD_PARTY_AUTH_ERROR"): OUR_MISTAKE,
        (401, ANY): Ruling(Fate.NOT_PROCESSED, Action.REPEAT, renew=True),
        (429, "QUOTA_EXCEEDED"): QUOTA,
        (429, ANY): QUOTA,
        (500, "INTERNAL"): MAYBE,
        (503, "UNAVAILABLE"): MAYBE,
        (5, ANY): MAYBE,
        (4, ANY): OUR_MISTAKE,
    }
)


def code_in(status: int, body: bytes) -> str:
    """Give FCM's own code, or Google's where FCM has none, or nothing where it is no JSON of theirs."""
    error = json_object(body).get("error")
    if not isinstance(error, dict):
        return ""
    details = [detail for detail in _list(error.get("details")) if isinstance(detail, dict)]
    codes = [code_of(detail.get("errorCode")) for detail in details if _is_of(detail, "FcmError")]
    code = next((code for code in codes if code), "") or code_of(error.get("status"))
    if status == 400 and code == "INVALID_ARGUMENT" and _blames_the_token(error, details):
        return BAD_TOKEN
    return code


def _blames_the_token(error: dict[str, Any], details: list[dict[str, Any]]) -> bool:
    """Tell whether FCM means the address and nothing else: a wrong payload must cost no device its address."""
    fields = list(_violated_fields(details))
    if fields:
        return all(field in {"message.token", "message.fid"} for field in fields)
    has_own_code = any(_is_of(detail, "FcmError") for detail in details)
    return has_own_code and "registration token" in str(error.get("message", "")).lower()


def _violated_fields(details: list[dict[str, Any]]) -> Iterator[str]:
    for detail in details:
        if _is_of(detail, "BadRequest"):
            for violation in _list(detail.get("fieldViolations")):
                yield str(violation.get("field", "")) if isinstance(violation, dict) else ""


def _is_of(detail: dict[str, Any], kind: str) -> bool:
    return str(detail.get("@type", "")).endswith(f".{kind}")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
