"""The runtime: what connections it makes, keeps and gives up."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest

from notifications.transports.wire import Failure, Origin, Reply, Request, close, runtime
from notifications.transports.wire.lane import LONGEST_WAIT
from tests.providers import Providers
from tests.threads import at_once

from .proxies import Proxy, TLSServer

Outcome = tuple[int, Failure | None]


def origin_of(providers: Providers, **values: object) -> Origin:
    """The OAuth endpoint: it answers whatever is sent with 400, and with no credential."""
    given = {"url": providers.url("oauth"), "ca_file": str(providers.credentials.ca), **values}
    return Origin(**given)  # type: ignore[arg-type]


def requests(origin: Origin, number: int, *, seconds: float = 60, body: bytes = b"") -> Iterator[Request]:
    for key in range(number):
        yield Request(key=key, origin=origin, path="/token", headers=(), body=body, expires_at=time.time() + seconds)


def replies(origin: Origin, number: int = 1, **values: float) -> list[Reply]:
    exchange = runtime().exchange(requests(origin, number, **values))  # type: ignore[arg-type]
    return [reply for group in exchange for _, reply in group]


def outcomes(origin: Origin, number: int = 1, **values: float) -> Counter[Outcome]:
    return Counter((reply.status, reply.failure) for reply in replies(origin, number, **values))


def test_one_connection_serves_all_requests_of_all_threads(providers: Providers) -> None:
    origin, counts = origin_of(providers), Counter[Outcome]()
    at_once(*[lambda: counts.update(outcomes(origin, 100))] * 4)
    assert counts == {(400, None): 400}
    assert providers.report("oauth")["connected"] == 1


def test_the_first_request_goes_alone(providers: Providers) -> None:
    providers.script("oauth", {"do": "hang", "times": 1})
    sending = threading.Thread(target=replies, args=(origin_of(providers), 50))
    sending.start()
    providers.wait_until("oauth", lambda report: report["requests"] >= 1)
    assert providers.report("oauth")["requests"] == 1
    close(0.1)
    sending.join()
    assert providers.report("oauth")["requests"] == 1


def test_no_more_requests_are_under_way_than_the_limit_allows(providers: Providers) -> None:
    origin = origin_of(providers, in_flight=7)
    assert outcomes(origin) == {(400, None): 1}
    providers.script("oauth", {"do": "hang"})
    waiting = threading.Thread(target=replies, args=(origin, 50))
    waiting.start()
    providers.wait_until("oauth", lambda report: report["requests"] == 8)
    assert providers.report("oauth")["requests"] == 8
    close(0.1)
    waiting.join()
    assert providers.report("oauth")["requests"] == 8


def test_a_server_that_allows_one_stream_gets_one_at_a_time(providers: Providers) -> None:
    providers.set("oauth", max_streams=1)
    assert outcomes(origin_of(providers), 50) == {(400, None): 50}
    assert providers.report("oauth")["connected"] <= 2


@pytest.mark.parametrize("how", ["close", "abort", "go_away"])
def test_a_connection_that_ended_while_idle_costs_no_doubt(providers: Providers, how: str) -> None:
    origin = origin_of(providers)
    assert outcomes(origin, 10) == {(400, None): 10}
    providers.drop("oauth", how)
    providers.wait_until("oauth", lambda report: report["connections"] == 0)
    assert outcomes(origin, 10) == {(400, None): 10}
    assert providers.report("oauth")["connected"] == 2


@pytest.mark.usefixtures("long_backoff")
def test_a_server_that_is_not_there_is_tried_once_and_then_left_alone_for_a_while(providers: Providers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    origin = origin_of(providers, url=f"https://localhost:{port}")
    given = replies(origin, 300)
    assert Counter(reply.failure for reply in given) == {Failure.UNREACHABLE: 300}
    assert Counter(reply.detail for reply in given) == {"curl_7": 1, "backing_off": 299}
    assert all(0 < reply.retry_after.total_seconds() <= LONGEST_WAIT for reply in given if reply.retry_after)


@pytest.mark.usefixtures("long_backoff")
def test_a_server_that_only_accepts_connections_is_not_bombarded(providers: Providers) -> None:
    with TLSServer(providers.credentials, alpn="h2") as server:
        given = replies(origin_of(providers, url=server.url), 100)
        assert Counter(reply.failure for reply in given) == {Failure.BROKEN: 1, Failure.UNREACHABLE: 99}
        assert server.connected == 1


def test_after_the_wait_the_server_is_tried_again(providers: Providers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    origin = origin_of(providers, url=f"https://localhost:{port}")
    assert outcomes(origin) == {(0, Failure.UNREACHABLE): 1}
    deadline = time.monotonic() + 30
    while (reply := replies(origin)[0]).detail == "backing_off":
        assert time.monotonic() < deadline
    assert reply.detail == "curl_7"


def test_a_certificate_of_an_unknown_authority_is_not_trusted(providers: Providers) -> None:
    assert outcomes(origin_of(providers, ca_file="")) == {(0, Failure.UNTRUSTED): 1}
    assert providers.report("oauth")["requests"] == 0


def test_a_certificate_for_another_name_is_not_trusted(providers: Providers) -> None:
    url = providers.url("oauth").replace("localhost", "127.0.0.2")
    with Proxy() as proxy:
        proxy.replace = ("127.0.0.2", "127.0.0.1")
        assert outcomes(origin_of(providers, url=url, proxy=proxy.url)) == {(0, Failure.UNTRUSTED): 1}


def test_requests_go_through_a_proxy_that_tunnels(providers: Providers) -> None:
    with Proxy() as proxy:
        assert outcomes(origin_of(providers, proxy=proxy.url), 20) == {(400, None): 20}
        assert proxy.asked == [f"localhost:{providers.ports['oauth']}"]
        close()


def test_a_proxy_that_refuses_leaves_nothing_in_doubt(providers: Providers) -> None:
    with Proxy(refuses=True) as proxy:
        assert outcomes(origin_of(providers, proxy=proxy.url)) == {(0, Failure.UNREACHABLE): 1}
    assert providers.report("oauth")["requests"] == 0


def test_proxies_of_the_environment_are_not_used(providers: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert outcomes(origin_of(providers)) == {(400, None): 1}


def test_a_request_without_an_answer_ends_in_doubt_and_the_others_go_on(providers: Providers) -> None:
    providers.script("oauth", {"do": "hang", "after": 10, "times": 1})
    assert outcomes(origin_of(providers, timeout=1.0), 50) == {(400, None): 49, (0, Failure.TIMEOUT): 1}
    report = providers.report("oauth")
    assert (report["connected"], report["cancelled"]) == (1, 1)


def test_a_connection_on_which_nothing_comes_back_is_given_up(providers: Providers) -> None:
    origin = origin_of(providers, timeout=1.0)
    assert outcomes(origin) == {(400, None): 1}
    providers.script("oauth", {"do": "hang", "times": 5})
    assert outcomes(origin, 5) == {(0, Failure.TIMEOUT): 5}
    assert outcomes(origin, 5) == {(400, None): 5}
    assert providers.report("oauth")["connected"] == 2


def test_a_request_whose_time_is_over_when_its_turn_comes_is_not_sent(providers: Providers) -> None:
    providers.script("oauth", {"do": "delay", "times": 1, "seconds": 0.5})
    origin = origin_of(providers, in_flight=1)
    batch = [*requests(origin, 1), *requests(origin, 4, seconds=0.1)]
    counts = Counter((reply.status, reply.failure) for group in runtime().exchange(batch) for _, reply in group)
    assert counts == {(400, None): 1, (0, Failure.EXPIRED): 4}
    assert providers.report("oauth")["requests"] == 1


def test_whoever_stops_listening_sends_no_more(providers: Providers) -> None:
    origin = origin_of(providers, in_flight=1)
    providers.set("oauth", seconds=0.05)
    groups = runtime().exchange(requests(origin, 1000), most=1)
    assert len(list(islice(groups, 3))) == 3
    groups.close()
    assert outcomes(origin) == {(400, None): 1}
    assert providers.report("oauth")["requests"] < 100


def test_large_answers_do_not_fill_the_windows_of_the_connection(providers: Providers) -> None:
    """A client that forgets WINDOW_UPDATE stands still after some megabytes (aioapns after 1,230 errors)."""
    providers.script("oauth", {"do": "reply", "status": 410, "body": "x" * 16_000})
    assert outcomes(origin_of(providers), 3000) == {(410, None): 3000}


def test_an_answer_without_end_is_cut(providers: Providers) -> None:
    providers.script("oauth", {"do": "reply", "status": 500, "body": "x" * 300_000})
    (reply,) = replies(origin_of(providers))
    assert (reply.status, len(reply.body) < 100_000) == (500, True)


def test_a_redirect_is_an_answer_and_is_not_followed(providers: Providers) -> None:
    providers.script("oauth", {"do": "reply", "status": 307, "headers": {"location": providers.url("fcm")}})
    assert outcomes(origin_of(providers)) == {(307, None): 1}
    assert providers.report("fcm")["connected"] == 0


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("Wed, 21 Oct 2015 07:28:00 GMT", None), ("soon", None)])
def test_retry_after_is_read(providers: Providers, header: str, seconds: int | None) -> None:
    providers.script("oauth", {"do": "reply", "status": 429, "headers": {"retry-after": header}})
    (reply,) = replies(origin_of(providers))
    assert (reply.retry_after and reply.retry_after.total_seconds()) == seconds


def test_closing_waits_for_what_is_under_way_and_gives_back_what_waits(providers: Providers) -> None:
    origin = origin_of(providers, in_flight=5)
    assert outcomes(origin) == {(400, None): 1}
    providers.set("oauth", seconds=1)
    counts = Counter[Outcome]()
    sending = threading.Thread(target=lambda: counts.update(outcomes(origin, 20)))
    sending.start()
    providers.wait_until("oauth", lambda report: report["requests"] == 6)
    close()
    sending.join()
    assert counts == {(400, None): 5, (0, Failure.WITHDRAWN): 15}


def test_closing_does_not_wait_for_ever(providers: Providers) -> None:
    origin = origin_of(providers)
    providers.script("oauth", {"do": "hang"})
    counts = Counter[Outcome]()
    sending = threading.Thread(target=lambda: counts.update(outcomes(origin, 3)))
    sending.start()
    providers.wait_until("oauth", lambda report: report["requests"] == 1)
    close(0.1)
    sending.join()
    assert counts == {(0, Failure.BROKEN): 1, (0, Failure.WITHDRAWN): 2}


def test_after_closing_another_runtime_is_made(providers: Providers) -> None:
    origin = origin_of(providers)
    first = runtime()
    assert outcomes(origin) == {(400, None): 1}
    close()
    assert runtime() is not first
    assert [reply.failure for group in first.exchange(requests(origin, 2)) for _, reply in group] == [
        Failure.WITHDRAWN,
        Failure.WITHDRAWN,
    ]
    assert outcomes(origin) == {(400, None): 1}


def test_a_forked_process_has_connections_of_its_own(providers: Providers) -> None:
    origin = origin_of(providers)
    assert outcomes(origin) == {(400, None): 1}
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        is_right = outcomes(origin, 10) == {(400, None): 10}
        os._exit(0 if is_right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert outcomes(origin, 10) == {(400, None): 10}
    assert providers.report("oauth")["connected"] == 2


def test_only_tls_1_2_and_later_is_spoken(providers: Providers) -> None:
    with TLSServer(providers.credentials, alpn="h2", newest=ssl.TLSVersion.TLSv1_1) as server:
        assert outcomes(origin_of(providers, url=server.url)) == {(0, Failure.UNREACHABLE): 1}


def test_what_libcurl_does_not_take_is_given_back_and_shown_to_nobody(
    providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    origin = origin_of(providers)
    good = list(requests(origin, 2))
    bad = Request(key=9, origin=origin, path="/secret-\u2026", headers=(), body=b"", expires_at=time.time() + 60)
    counts = Counter(
        (reply.status, reply.failure) for group in runtime().exchange([good[0], bad, good[1]]) for _, reply in group
    )
    assert counts == {(400, None): 2, (0, Failure.UNTRUSTED): 1}
    assert "secret" not in str([vars(record) for record in caplog.records])


def test_an_error_in_the_thread_leaves_nobody_waiting(
    providers: Providers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    origin = origin_of(providers)
    assert outcomes(origin) == {(400, None): 1}

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("notifications.transports.wire.lane.Lane._learn", fail)
    counts = outcomes(origin, 300)
    assert counts.total() == 300
    assert set(counts) <= {(0, Failure.BROKEN), (0, Failure.WITHDRAWN)}
    monkeypatch.undo()
    assert "the thread of the push transports has failed" in caplog.text
    assert outcomes(origin, 10) == {(400, None): 10}
