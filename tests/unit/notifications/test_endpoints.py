"""Which addresses of browsers are talked to."""

from __future__ import annotations

import pytest

from notifications.transports.outgoing import InvalidMessage
from notifications.transports.webpush.endpoint import KNOWN_HOSTS, endpoint_of

HOSTS = ("push.example", "*.wide.example", "local.example:8443")


@pytest.mark.parametrize(
    ("address", "origin", "path"),
    [
        ("https://push.example/a/b?c=d", "https://push.example", "/a/b?c=d"),
        ("https://push.example:443/a", "https://push.example", "/a"),
        ("https://PUSH.example/a", "https://push.example", "/a"),
        ("https://one.two.wide.example/a", "https://one.two.wide.example", "/a"),
        ("https://local.example:8443/a", "https://local.example:8443", "/a"),
        ("https://push.example", "https://push.example", "/"),
    ],
)
def test_an_endpoint_at_a_known_server_is_taken_apart(address: str, origin: str, path: str) -> None:
    endpoint = endpoint_of(address, HOSTS)
    assert (endpoint.origin, endpoint.path) == (origin, path)


@pytest.mark.parametrize(
    "address",
    [
        "http://push.example/a",
        "https://push.example:8443/a",
        "https://local.example/a",
        "https://wide.example/a",
        "https://notwide.example/a",
        "https://evil.example/a",
        "https://push.example.evil.example/a",
        "https://user@push.example/a",
        "https://push.example@evil.example/a",
        "https://evil.example\\@push.example/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https:///a",
        "//push.example/a",
        "https://push.example:port/a",
        "https://push.example/a b",
        "https://push.example/a\r\nHost: evil.example",
        "https://push.example/" + "a" * 2000,
        "",
    ],
)
def test_any_other_address_is_refused_without_being_shown(address: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        endpoint_of(address, HOSTS)
    assert caught.value.code in {"bad_endpoint", "foreign_endpoint"}
    assert "evil" not in str(caught.value)
    assert "169" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
    ],
)
def test_the_browsers_in_use_are_known(address: str) -> None:
    assert endpoint_of(address, KNOWN_HOSTS).path
