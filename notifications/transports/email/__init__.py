"""E-mail, through whatever Django is set up to send it with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from smtplib import SMTPException

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import BadHeaderError

from ..groups import in_groups
from ..options import Options, check, picked
from ..outcome import OK, OUR_MISTAKE, Outcome
from ..outgoing import InvalidMessage, Outgoing
from ..transport import Result
from . import answers
from .answers import RULINGS, Event

__all__ = ["Email", "EmailConfig", "from_options"]

ADDRESS = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,255}")
MOST_BYTES = 512 * 1024


@dataclass(frozen=True, kw_only=True)
class EmailConfig:
    """As whom to send."""

    from_email: str
    backend: str = ""
    """A Django e-mail backend in place of EMAIL_BACKEND."""


def from_options(name: str, options: Options) -> Email:
    """Make one that sends as somebody. Raises `ConfigurationError`."""
    check(name, options, known={"from_email", "backend"}, needed=("from_email",))
    return Email(name, EmailConfig(**picked(options, {"from_email", "backend"})))


class Email:
    """Sends e-mail, a batch over one connection."""

    def __init__(self, name: str, config: EmailConfig) -> None:
        self.name = name
        self._config = config
        self._domain = parseaddr(config.from_email)[1].partition("@")[2]

    def validate(self, message: Outgoing) -> None:
        """Raise `InvalidMessage` if it cannot be an e-mail."""
        message.check()
        if not ADDRESS.fullmatch(message.address):
            raise InvalidMessage("bad_address", "The address is not one of e-mail.")
        if len(message.body.encode()) + len(message.html.encode()) > MOST_BYTES:
            raise InvalidMessage("payload_too_large", f"A reminder by e-mail has {MOST_BYTES} bytes at most.")

    def send(self, batch: Iterable[Outgoing]) -> Iterator[Result]:
        """Send messages; see `Transport`."""
        session = Session(get_connection(self._config.backend or None))
        try:
            for message in batch:
                yield message.id, self._send_one(message, session)
        finally:
            session.close()

    def send_in_groups(self, batch: Iterable[Outgoing]) -> Iterator[Sequence[Result]]:
        """Send messages and give groups of outcomes; see `Transport`."""
        return in_groups(self.send(batch))

    def _send_one(self, message: Outgoing, session: Session) -> Outcome:
        if (expired := message.expired()) is not None:
            return expired
        try:
            self.validate(message)
            mail = self._mail(message)
            mail.message()  # raises for a header that cannot be
        except InvalidMessage as error:
            return OUR_MISTAKE.outcome(error.code)
        except BadHeaderError:
            return OUR_MISTAKE.outcome("bad_header")
        return session.send(mail)

    def _mail(self, message: Outgoing) -> EmailMultiAlternatives:
        # A mail program shows a repetition with the same Message-ID once.
        headers = {"Message-ID": f"<{message.id}@{self._domain}>", "Auto-Submitted": "auto-generated"}
        if message.unsubscribe_url:
            headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        subject = " ".join(message.title.split())
        mail = EmailMultiAlternatives(
            subject, message.body, self._config.from_email, [message.address], headers=headers
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        return mail


class Session:
    """A connection to the mail server, opened when it is needed and again after it was lost."""

    def __init__(self, backend: BaseEmailBackend) -> None:
        self._backend = backend
        self._is_open = False
        self._given_up: Event | None = None

    def send(self, mail: EmailMultiAlternatives) -> Outcome:
        """Hand over one mail."""
        if self._given_up is None and not self._is_open:
            self._open()
        if self._given_up is not None:
            return RULINGS[self._given_up].outcome(self._given_up)
        try:
            self._backend.send_messages([mail])
        except (SMTPException, OSError) as error:
            return self._failed(answers.event_of(error))
        return OK.outcome("sent")

    def _open(self) -> None:
        try:
            self._backend.open()
            self._is_open = True
        except (SMTPException, OSError) as error:
            self._given_up = answers.event_of_opening(error)  # for the rest of the batch, which would fare no better

    def _failed(self, event: Event) -> Outcome:
        if event == Event.BROKEN:
            self.close()
        return RULINGS[event].outcome(event)

    def close(self) -> None:
        """End the connection."""
        if self._is_open:
            self._is_open = False
            self._backend.close()
