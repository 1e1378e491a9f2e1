"""What mail servers answer, and what it means (RFC 5321, section 4.2; RFC 3463)."""

from __future__ import annotations

import re
import smtplib
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ..outcome import GONE, MISCONFIGURED, OUR_MISTAKE, Action, Fate, Ruling


class Event(StrEnum):
    """What can befall a message on its way to the mail server."""

    UNREACHABLE = "unreachable"
    """No connection to the server."""
    LOGIN_REFUSED = "login_refused"
    SENDER_REFUSED = "sender_refused"
    RECIPIENT_UNKNOWN = "recipient_unknown"
    """The address was refused for good."""
    RECIPIENT_BUSY = "recipient_busy"
    """The address was refused for now, as by greylisting."""
    CONTENT_REFUSED = "content_refused"
    SERVER_BUSY = "server_busy"
    """The message was refused for now."""
    BROKEN = "broken"
    """The connection was lost while the message was handed over."""


RULINGS: Final = MappingProxyType(
    {
        Event.UNREACHABLE: Ruling(Fate.NOT_PROCESSED, Action.PAUSE, wait=timedelta(seconds=30)),
        Event.LOGIN_REFUSED: MISCONFIGURED,
        Event.SENDER_REFUSED: MISCONFIGURED,
        Event.RECIPIENT_UNKNOWN: GONE,
        Event.RECIPIENT_BUSY: Ruling(Fate.THROTTLED, Action.DELAY, wait=timedelta(minutes=5)),
        Event.CONTENT_REFUSED: OUR_MISTAKE,
        Event.SERVER_BUSY: Ruling(Fate.THROTTLED, Action.DELAY, wait=timedelta(minutes=5)),
        # It may have been taken, and a mailbox replaces nothing: two would be read where one may be missing.
        Event.BROKEN: Ruling(Fate.UNKNOWN, Action.FAIL),
    }
)
"""What follows from each."""

REFUSED_ADDRESSES = frozenset({550, 551, 553})
"""Codes for an address that does not exist, where the server adds no enhanced code."""

ENHANCED = re.compile(rb"5\.(\d{1,3})\.(\d{1,3})\b")


def event_of(error: Exception) -> Event:
    """Say what an error means that was raised while a message was handed over."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refused_recipient(*next(iter(error.recipients.values()), (0, b"")))
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Event.SENDER_REFUSED if error.smtp_code >= 500 else Event.SERVER_BUSY
    if isinstance(error, smtplib.SMTPResponseException):
        return Event.CONTENT_REFUSED if error.smtp_code >= 500 else Event.SERVER_BUSY
    return Event.CONTENT_REFUSED if isinstance(error, smtplib.SMTPNotSupportedError) else Event.BROKEN


def event_of_opening(error: Exception) -> Event:
    """Say what an error means that was raised while the connection was opened."""
    is_refused = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
    return Event.LOGIN_REFUSED if is_refused else Event.UNREACHABLE


def _refused_recipient(code: int, text: bytes) -> Event:
    """Tell an address that does not exist from a policy, which refuses others too (RFC 3463: 5.1.x and 5.2.1)."""
    if code < 500:
        return Event.RECIPIENT_BUSY
    found = ENHANCED.match(text)
    if found is None:
        return Event.RECIPIENT_UNKNOWN if code in REFUSED_ADDRESSES else Event.CONTENT_REFUSED
    is_gone = found[1] == b"1" or (found[1], found[2]) == (b"2", b"1")
    return Event.RECIPIENT_UNKNOWN if is_gone else Event.CONTENT_REFUSED
