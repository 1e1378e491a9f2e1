"""What an e-mail says where it says more than a device shows: other apps write it, as EMAIL_PARTS names them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from html import escape
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.domain.copy import footer_for, language_of

from .held import Held

logger = logging.getLogger(__name__)


class Part(Protocol):
    """What another app writes for an e-mail, as of the moment of sending."""

    @property
    def subject(self) -> str:
        """The subject, in one line."""

    @property
    def text(self) -> str:
        """The plain words."""

    @property
    def html(self) -> str:
        """The same in HTML: what stands in the body of a document. It loads nothing."""


def part_of(held: Held) -> Part | None:
    """Give what another app writes about a notification; None where that is nothing.

    An error of that app is logged, and costs the person nothing but the details.
    """
    path = settings.EMAIL_PARTS.get(held.kind)
    if path is None:
        return None
    try:
        write: Callable[[int, Mapping[str, object]], Part | None] = import_string(path)
        return write(held.user_id, held.facts)
    except Exception:
        logger.exception("an e-mail goes out without its part", extra={"kind": held.kind, "delivery": str(held.id)})
        return None


def plain(text: str, locale: str, unsubscribe_url: str) -> str:
    """Give the words of an e-mail with how to end such e-mails, where there is an address for that."""
    return f"{text}\n\n{footer_for(locale, unsubscribe_url)}" if unsubscribe_url else text


def document(part: Part, locale: str, unsubscribe_url: str) -> str:
    """Give a part as a whole document of HTML, which ends like the plain words."""
    return (
        f'<!DOCTYPE html><html lang="{language_of(locale)}"><head><meta charset="utf-8">'
        f"<title>{escape(part.subject)}</title></head>"
        f"<body>{part.html}{_footer(locale, unsubscribe_url) if unsubscribe_url else ''}</body></html>"
    )


def _footer(locale: str, url: str) -> str:
    link = f'<a href="{escape(url)}">{escape(url)}</a>'
    words = escape(footer_for(locale, url)).replace(escape(url), link)
    return f'<p><font face="Helvetica, Arial, sans-serif" color="#616161" size="2">{words}</font></p>'
