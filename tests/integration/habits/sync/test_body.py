"""The bytes of a push: compressed or plain, too many, broken, or made to burst."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.integration.habits.phones import PULL, Phone, changes, habit, names, stored, tick
from tests.integration.habits.problems import problem_of

pytestmark = pytest.mark.django_db

LIMIT = 4 * 1024 * 1024
BODY = json.dumps(changes(habits=[habit()], completions=[tick()])).encode()


def padded(size: int) -> bytes:
    """A push of that many bytes, of which most say nothing."""
    return BODY + b" " * (size - len(BODY))


@cache
def burst(size: int) -> bytes:
    """A gzip body that is small and says that it is `size` bytes of JSON."""
    return gzip.compress(padded(size), compresslevel=9)


# --- What is read ----------------------------------------------------------------------------------------------------

READ = {
    "plain": (BODY, {}),
    "plain, and saying so": (BODY, {"Content_Encoding": "identity"}),
    "gzip": (gzip.compress(BODY), {"Content_Encoding": "gzip"}),
    "gzip in capitals": (gzip.compress(BODY), {"Content_Encoding": " GZIP "}),
    "as large as may be": (padded(LIMIT), {}),
    "gzip of as much as may be": (burst(LIMIT), {"Content_Encoding": "gzip"}),
    "within “changes”": (b'{"changes": %s, "lastPulledAt": 1}' % BODY, {}),
}


@pytest.mark.parametrize(("body", "headers"), READ.values(), ids=READ)
def test_a_push_is_read(phone: Phone, body: bytes, headers: dict[str, str]) -> None:
    assert phone.send(body, **headers).status_code == 200
    assert names(phone.pull()) == {"walk": "Walk"}


def test_a_key_stands_for_what_the_body_says_and_not_for_how_it_is_packed(phone: Phone) -> None:
    key = "0a4a4cbb-5e55-4d8c-9d0c-1f2a8ba7cfd5"
    plain = phone.send(BODY, Idempotency_Key=key)
    packed = phone.send(gzip.compress(BODY), Idempotency_Key=key, Content_Encoding="gzip")
    assert (plain.status_code, packed.json()) == (200, plain.json())


# --- What is not -----------------------------------------------------------------------------------------------------


def refused() -> dict[str, tuple[bytes, str, int, str]]:
    """Bodies by what is wrong with them, each with its encoding, and the status and code that answer it."""
    return {
        "a byte too many": (padded(LIMIT + 1), "identity", 413, "too_large"),
        "ten times too many": (padded(10 * LIMIT), "identity", 413, "too_large"),
        "gzip of a byte too many": (burst(LIMIT + 1), "gzip", 413, "too_large"),
        "a bomb of 5 MB": (burst(5_000_000), "gzip", 413, "too_large"),
        "a bomb of 100 MB": (burst(100_000_000), "gzip", 413, "too_large"),
        "a bomb without an end": (burst(5_000_000)[:-8], "gzip", 413, "too_large"),
        "no gzip": (BODY, "gzip", 400, "shape"),
        "zlib for gzip": (zlib.compress(BODY), "gzip", 400, "shape"),
        "nothing for gzip": (b"", "gzip", 400, "shape"),
        "gzip that is cut off": (gzip.compress(BODY)[:-9], "gzip", 400, "shape"),
        "gzip with a wrong checksum": (gzip.compress(BODY)[:-8] + bytes(8), "gzip", 400, "shape"),
        "gzip with something behind": (gzip.compress(BODY) + b"x", "gzip", 400, "shape"),
        "two gzip bodies": (gzip.compress(BODY) * 2, "gzip", 400, "shape"),
        "gzip within gzip": (gzip.compress(gzip.compress(BODY)), "gzip", 400, "shape"),
        "gzip that does not say so": (gzip.compress(BODY), "identity", 400, "shape"),
        "brotli": (BODY, "br", 415, "unsupported_media_type"),
        "deflate": (zlib.compress(BODY), "deflate", 415, "unsupported_media_type"),
        "gzip twice": (gzip.compress(gzip.compress(BODY)), "gzip, gzip", 415, "unsupported_media_type"),
    }


def test_a_body_that_cannot_be_taken_is_refused(phone: Phone) -> None:
    before = stored()
    for name, (body, encoding, status, code) in refused().items():
        problem = problem_of(phone.send(body, Content_Encoding=encoding), status)
        assert problem["code"] == code, name
        if status == 413:
            assert (problem["max_ops"], problem["max_bytes"]) == (5_000, LIMIT), name
    assert stored() == before


def memory() -> int:
    """Bytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak() -> int:
    """The most that it had since `forget_peak`."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="memory is read from /proc")
def test_fifty_bombs_leave_the_memory_as_it_was(phone: Phone) -> None:
    bomb = burst(100_000_000)

    def throw(times: int) -> set[int]:
        return {phone.send(bomb, Content_Encoding="gzip").status_code for _ in range(times)}

    throw(10)
    forget_peak()
    before = memory()
    assert throw(50) == {413}
    assert memory() - before < 2 * LIMIT
    assert peak() - before < 2 * LIMIT


# --- What the phone gets ---------------------------------------------------------------------------------------------


@pytest.fixture
def long_history(phone: Phone) -> Phone:
    phone.push(habits=[habit()], completions=[tick(day=f"2025-{month:02}-01", note="Rain") for month in range(1, 13)])
    return phone


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, gzip;q=0.8", "gzip"),
        ("gzip;q=0", ""),
        ("gzip;q=0.0, br", ""),
        ("br", ""),
        ("identity", ""),
        ("", ""),
    ],
)
def test_a_long_answer_is_compressed_where_the_phone_takes_that(
    long_history: Phone, accepted: str, encoding: str
) -> None:
    response = long_history.client.get(PULL, headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding", "") == encoding
    assert "Accept-Encoding" in response["Vary"]
    body = gzip.decompress(response.content) if encoding else response.content
    assert len(json.loads(body)["changes"]["completions"]["updated"]) == 12
    assert (len(response.content) < len(body) / 4) is bool(encoding)


def test_a_short_answer_is_not_compressed(phone: Phone) -> None:
    response = phone.client.get(PULL, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response
    assert response.json()["timestamp"] == 1


def test_the_answer_to_a_push_is_compressed_too(long_history: Phone) -> None:
    late: Any = [tick(day=f"2025-{month:02}-01", value=0, at=1) for month in range(1, 13)]
    response = long_history.send(changes(completions=late), Accept_Encoding="gzip")
    answer = json.loads(gzip.decompress(response.content))
    assert [row["value"] for row in answer["changes"]["completions"]["updated"]] == [1] * 12
