"""E-mail: what is handed to a mail server, and what is made of what it says."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import Message
from typing import Any, ClassVar, cast

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from notifications.transports import Action, Fate, InvalidMessage, Outcome
from notifications.transports.configuration import build
from notifications.transports.email import Email

from .conftest import message

PERSON = "person@example.org"


def make(**options: Any) -> Email:
    made = build("email", {"from_email": "Habits <reminders@habits.example>", **options})
    assert isinstance(made, Email)
    return made


def send(*addresses: str, backend: str = "", **values: Any) -> list[Outcome]:
    batch = [message(address, **values) for address in addresses]
    outcomes = dict(make(backend=backend).send(batch))
    return [outcomes[sent.id] for sent in batch]


def test_a_mail_has_both_forms_and_says_that_a_machine_wrote_it() -> None:
    sent = message(
        PERSON, title="Meditate\nnow", html="<p>Ten minutes</p>", unsubscribe_url="https://habits.example/u/1"
    )
    ((_, outcome),) = make().send([sent])
    assert (outcome.fate, outcome.action) == (Fate.OK, Action.RECORD)
    (got,) = mail.outbox
    assert (got.subject, got.to, got.body) == ("Meditate now", [PERSON], sent.body)
    whole = cast("Message[str, str]", got.message())
    assert [part.get_content_type() for part in whole.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert whole["Message-ID"] == f"<{sent.id}@habits.example>"
    assert whole["Auto-Submitted"] == "auto-generated"
    assert whole["List-Unsubscribe"] == "<https://habits.example/u/1>"
    assert whole["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_mail_without_html_is_plain() -> None:
    send(PERSON)
    whole = cast("Message[str, str]", mail.outbox[0].message())
    assert whole.get_content_type() == "text/plain"
    assert whole["List-Unsubscribe"] is None


def test_a_late_mail_is_not_sent() -> None:
    assert [outcome.action for outcome in send(PERSON, not_after=datetime.now(UTC))] == [Action.EXPIRE]
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("address", "values", "code"),
    [
        ("nobody", {}, "bad_address"),
        ("a@b.example, c@d.example", {}, "bad_address"),
        ("a@b.example\r\nBcc: c@d.example", {}, "bad_address"),
        (PERSON, {"unsubscribe_url": "https://x.example\r\nBcc: c@d.example"}, "bad_header"),
        (PERSON, {"html": "x" * 600_000}, "payload_too_large"),
    ],
)
def test_what_cannot_be_a_mail_is_refused(address: str, values: dict[str, Any], code: str) -> None:
    assert [(outcome.action, outcome.code) for outcome in send(address, **values)] == [(Action.FAIL, code)]
    assert mail.outbox == []


def test_an_address_that_cannot_be_is_refused_by_validation_without_being_shown() -> None:
    with pytest.raises(InvalidMessage) as caught:
        make().validate(message("secret-nobody"))
    assert "secret" not in str(caught.value)


class Scripted(BaseEmailBackend):
    """A mail server that answers as a test says; its addresses tell how."""

    opened: int = 0
    closed: int = 0
    opening: Exception | None = None
    answers: ClassVar[dict[str, Exception]] = {}

    def open(self) -> bool:
        Scripted.opened += 1
        if Scripted.opening is not None:
            raise Scripted.opening
        return True

    def close(self) -> None:
        Scripted.closed += 1

    def send_messages(self, messages: Sequence[EmailMultiAlternatives]) -> int:  # type: ignore[override]
        for one in messages:
            if one.to[0] in Scripted.answers:
                raise Scripted.answers[one.to[0]]
        return len(messages)


Script = Callable[..., None]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    def write(*, opening: Exception | None = None, **answers: Exception) -> None:
        monkeypatch.setattr(Scripted, "opened", 0)
        monkeypatch.setattr(Scripted, "closed", 0)
        monkeypatch.setattr(Scripted, "opening", opening)
        monkeypatch.setattr(Scripted, "answers", {f"{name}@example.org": error for name, error in answers.items()})

    return write


SCRIPTED = f"{__name__}.Scripted"


def refused(code: int, text: bytes) -> Exception:
    return smtplib.SMTPRecipientsRefused({"who@example.org": (code, text)})


@pytest.mark.parametrize(
    ("error", "fate", "action"),
    [
        (refused(550, b"5.1.1 no such user"), Fate.REJECTED, Action.RETIRE),
        (refused(550, b"no such user"), Fate.REJECTED, Action.RETIRE),
        (refused(550, b"5.2.1 mailbox disabled"), Fate.REJECTED, Action.RETIRE),
        (refused(550, b"5.7.1 relaying denied"), Fate.REJECTED, Action.FAIL),
        (refused(554, b"we do not like you"), Fate.REJECTED, Action.FAIL),
        (refused(552, b"5.2.2 mailbox full"), Fate.REJECTED, Action.FAIL),
        (refused(450, b"4.2.0 greylisted"), Fate.THROTTLED, Action.DELAY),
        (smtplib.SMTPSenderRefused(550, b"5.7.1 not yours", "x"), Fate.NOT_PROCESSED, Action.STOP),
        (smtplib.SMTPSenderRefused(451, b"later", "x"), Fate.THROTTLED, Action.DELAY),
        (smtplib.SMTPDataError(554, b"5.6.0 spam"), Fate.REJECTED, Action.FAIL),
        (smtplib.SMTPDataError(452, b"disk full"), Fate.THROTTLED, Action.DELAY),
        (smtplib.SMTPNotSupportedError("no SMTPUTF8"), Fate.REJECTED, Action.FAIL),
        (smtplib.SMTPServerDisconnected("gone"), Fate.UNKNOWN, Action.FAIL),
        (TimeoutError("late"), Fate.UNKNOWN, Action.FAIL),
    ],
    ids=str,
)
def test_what_the_mail_server_says_is_understood(script: Script, error: Exception, fate: Fate, action: Action) -> None:
    script(who=error)
    who, other = send("who@example.org", "other@example.org", backend=SCRIPTED)
    assert (who.fate, who.action) == (fate, action)
    assert other.fate == Fate.OK


def test_a_batch_goes_over_one_connection(script: Script) -> None:
    script()
    assert {outcome.fate for outcome in send(*[PERSON] * 50, backend=SCRIPTED)} == {Fate.OK}
    assert (Scripted.opened, Scripted.closed) == (1, 1)


def test_a_connection_that_was_lost_is_made_again_for_the_rest(script: Script) -> None:
    script(lost=smtplib.SMTPServerDisconnected("gone"))
    first, second, third = send(PERSON, "lost@example.org", PERSON, backend=SCRIPTED)
    assert (first.fate, second.fate, third.fate) == (Fate.OK, Fate.UNKNOWN, Fate.OK)
    assert (Scripted.opened, Scripted.closed) == (2, 2)


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (smtplib.SMTPAuthenticationError(535, b"wrong"), Action.STOP),
        (smtplib.SMTPAuthenticationError(454, b"later"), Action.PAUSE),
        (ConnectionRefusedError(), Action.PAUSE),
        (smtplib.SMTPConnectError(421, b"busy"), Action.PAUSE),
    ],
)
def test_a_server_that_cannot_be_used_is_tried_once_for_a_batch(
    script: Script, error: Exception, action: Action
) -> None:
    script(opening=error)
    outcomes = send(*[PERSON] * 20, backend=SCRIPTED)
    assert {(outcome.fate, outcome.action) for outcome in outcomes} == {(Fate.NOT_PROCESSED, action)}
    assert Scripted.opened == 1


def test_groups_come_full() -> None:
    batch = [message(PERSON) for _ in range(250)]
    groups = list(make().send_in_groups(batch))
    assert sum(len(group) for group in groups) == 250
    assert max(len(group) for group in groups) <= 100
