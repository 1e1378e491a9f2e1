"""From a claimed delivery to the message that leaves."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing

from notifications.addresses import Address, opened
from notifications.domain.copy import words_for
from notifications.domain.identity import collapse_id
from notifications.domain.kinds import Kind
from notifications.selectors.subjects import data_of, subject_of
from notifications.transports import Outgoing, Priority, SubscriptionKeys

from .emails import document, part_of, plain
from .held import Held
from .rechecking import Wanted

UNSUBSCRIBE_SALT = "notifications.unsubscribe"

URGENT = frozenset({Kind.HABIT, Kind.ROUTINE, Kind.STREAK_ALERT, Kind.TEST})
"""Worth waking a device for; a weekly report comes when the device is awake anyway."""


def message_of(wanted: Wanted) -> Outgoing:
    """Give the message of a delivery. Raises `addresses.Undecipherable`."""
    held = wanted.held
    subject = subject_of(held.kind, wanted.habits, held.facts)
    locale = (held.device_locale or held.locale) if held.device_id else held.locale
    words = words_for(subject, locale, private=wanted.is_private)
    message = Outgoing(
        id=held.id,
        address=held.email,
        title=words.title,
        body=words.body,
        collapse_id=collapse_id(held.user_id, f"{held.kind}/{held.occurrence_key}"),
        not_after=held.not_after,
        data=data_of(held.kind, held.notification_id, held.reminder_id, held.day.isoformat(), wanted.habits),
        priority=Priority.HIGH if held.kind in URGENT else Priority.NORMAL,
        private=wanted.is_private,
    )
    return _to_mailbox(message, wanted) if held.device_id is None else _to_device(message, held)


def _to_device(message: Outgoing, held: Held) -> Outgoing:
    address: Address = opened(held.address or "", held.address_hash or "")
    return replace(
        message,
        address=address.value,
        address_kind=held.address_kind or "token",
        sandbox=bool(held.sandbox),
        keys=SubscriptionKeys(address.p256dh, address.auth) if address.p256dh else None,
    )


def _to_mailbox(message: Outgoing, wanted: Wanted) -> Outgoing:
    held = wanted.held
    url = unsubscribe_url(held.user_id, held.kind)
    part = None if wanted.is_private else part_of(held)
    if part is None:
        return replace(message, body=plain(message.body, held.locale, url), unsubscribe_url=url)
    return replace(
        message,
        title=part.subject,
        body=plain(part.text, held.locale, url),
        html=document(part, held.locale, url),
        unsubscribe_url=url,
    )


def unsubscribe_url(user_id: int, kind: str) -> str:
    """Give the address at which a person ends e-mails of a kind without a login; empty where REST has no address."""
    if not settings.PUBLIC_URL:
        return ""
    token = signing.dumps([user_id, kind], salt=UNSUBSCRIBE_SALT)
    return urljoin(f"{settings.PUBLIC_URL}/", f"api/v1/unsubscribe?token={token}")
