"""From the setting PUSH_TRANSPORTS to transports, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from notifications.transports import ConfigurationError, UnknownTransport, configure, configured, transport_for
from notifications.transports.apns import APNs
from notifications.transports.console import Console
from notifications.transports.fcm import FCM
from tests.providers.credentials import Credentials, make_credentials

ACCOUNT = {"key_id": "KEY1234567", "team_id": "TEAM123456", "topic": "org.example.habits"}


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("keys"), "https://oauth.example/token")


@pytest.fixture(autouse=True)
def unconfigured() -> Iterator[None]:
    yield
    configure({})


def refusal(name: str, options: Mapping[str, Any]) -> str:
    configure({name: options})
    with pytest.raises(ConfigurationError) as caught:
        transport_for(name)
    return str(caught.value)


def test_without_any_configuration_there_is_the_console() -> None:
    configure({})
    assert configured() == ("console",)
    assert isinstance(transport_for("console"), Console)


def test_a_transport_is_made_once_when_it_is_wanted(credentials: Credentials) -> None:
    configure({"fcm": {"credentials_file": str(credentials.service_account)}, "broken": {"kind": "fcm"}})
    assert isinstance(transport_for("fcm"), FCM)
    assert transport_for("fcm") is transport_for("fcm")
    with pytest.raises(ConfigurationError):
        transport_for("broken")


def test_two_apps_have_two_transports_of_a_kind(credentials: Credentials) -> None:
    key = credentials.apns_key.read_text()
    configure({name: {"kind": "apns", "credentials": key, **ACCOUNT} for name in ("habits", "focus")})
    habits, focus = transport_for("habits"), transport_for("focus")
    assert isinstance(habits, APNs)
    assert (habits.name, focus.name) == ("habits", "focus")


def test_configuring_again_forgets_what_was() -> None:
    configure({"console": {}})
    first = transport_for("console")
    configure({"console": {}})
    assert transport_for("console") is not first


def test_a_transport_that_is_not_configured_is_named_with_those_that_are() -> None:
    configure({"console": {}})
    with pytest.raises(UnknownTransport, match="no transport “apns”; configured are console"):
        transport_for("apns")


def test_what_is_wrong_is_told(credentials: Credentials, tmp_path: Path) -> None:
    key = {"credentials_file": str(credentials.apns_key)}
    missing = str(tmp_path / "missing")
    assert refusal("x", {"kind": "sms"}).startswith(
        "x: there is no kind “sms” of transport; there are apns, console, email, fcm, file, webpush."
    )
    assert refusal("apns", key) == "apns: key_id, team_id, topic must be set."
    assert refusal("apns", ACCOUNT) == "apns: set either credentials or credentials_file."
    both = {"credentials": "x", **key}
    assert refusal("apns", ACCOUNT | both) == "apns: set either credentials or credentials_file."
    assert refusal("fcm", {"credentials_file": missing}) == "fcm: credentials_file cannot be read (FileNotFoundError)."
    assert refusal("fcm", key) == "What fcm has as credentials is not the JSON file of a service account."
    assert refusal("console", {"colour": "red"}) == "console: unknown options colour; known are none."
    assert refusal("webpush", {"contact": "me", **key}) == "webpush: contact begins with mailto: or https:."
    assert refusal("email", {}) == "email: from_email must be set."
    assert (
        refusal("apns", ACCOUNT | key | {"topic": "a\r\nb"})
        == "apns: options are of printable ASCII, without line breaks."
    )
    account = {"credentials_file": str(credentials.service_account)}
    assert refusal("webpush", {"contact": "mailto:a@b.example", **account}).startswith(
        "What webpush has as credentials"
    )


def test_no_secret_is_in_what_is_told() -> None:
    for kind, options in {"fcm": {}, "apns": ACCOUNT, "webpush": {"contact": "mailto:a@b.example"}}.items():
        assert "secret" not in refusal(kind, {"credentials": "secret", **options})
