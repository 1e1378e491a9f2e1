"""The log and the file, which stand in for providers."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifications.transports import Action, Fate, InvalidMessage, Transport
from notifications.transports.configuration import build

from .conftest import message, messages


def file_at(path: Path) -> Transport:
    return build("file", {"path": str(path)})


def test_the_console_logs_the_title_and_not_the_address(caplog: pytest.LogCaptureFixture) -> None:
    sent = message("secret-token", title="Meditate", body="secret-words")
    with caplog.at_level(logging.INFO):
        ((key, outcome),) = build("console", {}).send([sent])
    (record,) = caplog.records
    assert (record.title, record.delivery, record.transport) == ("Meditate", str(sent.id), "console")  # type: ignore[attr-defined]
    assert "secret" not in str(vars(record))
    assert (key, outcome.fate, outcome.action) == (sent.id, Fate.OK, Action.RECORD)


def test_the_console_keeps_private_titles_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        list(build("console", {}).send([message("x", title="secret", private=True)]))
    assert "secret" not in str(vars(caplog.records[0]))


def test_the_file_gets_a_line_for_each_message_without_its_address(tmp_path: Path) -> None:
    path = tmp_path / "outbox" / "messages.jsonl"
    sent = message("secret-token", title="Méditer", data={"habit": "42"})
    ((_, outcome),) = file_at(path).send([sent])
    assert (outcome.fate, outcome.provider_id) == (Fate.OK, str(sent.id))
    (line,) = path.read_text().splitlines()
    content = json.loads(line)
    assert datetime.fromisoformat(content.pop("sent_at")) <= datetime.now(UTC)
    assert content == {
        "delivery_id": str(sent.id),
        "not_after": sent.not_after.isoformat(),
        "title": "Méditer",
        "body": sent.body,
        "collapse_id": sent.collapse_id,
        "private": False,
        "data": {"habit": "42", "delivery_id": str(sent.id)},
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_of_several_threads_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    batches = [messages(200, body="x" * 2000) for _ in range(4)]
    threads = [threading.Thread(target=lambda batch=batch: list(file_at(path).send(batch))) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.loads(line)["delivery_id"] for line in path.read_text().splitlines()]
    assert sorted(lines) == sorted(str(sent.id) for batch in batches for sent in batch)


def test_what_is_late_or_broken_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    transport = file_at(path)
    late, broken = message("x", not_after=datetime.now(UTC)), message("x", collapse_id="")
    outcomes = dict(transport.send([late, broken]))
    assert (outcomes[late.id].action, outcomes[broken.id].code) == (Action.EXPIRE, "bad_collapse_id")
    assert not path.exists()
    with pytest.raises(InvalidMessage):
        transport.validate(broken)


def test_groups_come_full(tmp_path: Path) -> None:
    groups = list(file_at(tmp_path / "messages.jsonl").send_in_groups(messages(250)))
    assert sum(len(group) for group in groups) == 250
    assert max(len(group) for group in groups) <= 100
