"""From options, as settings hold them, to transports.

| kind | options |
|---|---|
| fcm | credentials (the service account's JSON) or credentials_file; token_uri, base_url |
| apns | credentials (the .p8 key) or credentials_file, key_id, team_id, topic; base_url, sandbox_url |
| webpush | credentials (a P-256 key in PEM) or credentials_file, contact; hosts |
| email | from_email; backend |
| file | path |
| console | |

The first three also take ca_file, proxy, in_flight and timeout (seconds).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .apns import APNs, APNsConfig
from .email import Email, EmailConfig
from .fcm import FCM, FCMConfig, ServiceAccount
from .jwt import p256_key
from .local import Console, JsonLines, JsonLinesConfig
from .transport import ConfigurationError, Transport
from .webpush import WebPush, WebPushConfig

WIRE = frozenset({"ca_file", "proxy", "in_flight", "timeout"})
FREE_TEXTS = frozenset({"credentials", "from_email", "path"})
CREDENTIALS = frozenset({"credentials", "credentials_file"})


def build(name: str, options: Mapping[str, Any]) -> Transport:
    """Make a transport. Raises `ConfigurationError`, which names what to change and shows no secret."""
    kind = str(options.get("kind", name))
    if kind not in BUILDERS:
        raise ConfigurationError(f"{name}: there is no kind “{kind}” of transport; there are {', '.join(BUILDERS)}.")
    return BUILDERS[kind](name, {option: value for option, value in options.items() if option != "kind"})


def _fcm(name: str, options: dict[str, Any]) -> Transport:
    _check(name, options, known=WIRE | CREDENTIALS | {"token_uri", "base_url"})
    account = ServiceAccount.from_json(_credentials(name, options), f"What {name} has as credentials")
    if token_uri := options.get("token_uri"):
        account = replace(account, token_uri=token_uri)
    return FCM(name, FCMConfig(account=account, **_picked(options, WIRE | {"base_url"})))


def _apns(name: str, options: dict[str, Any]) -> Transport:
    needed = ("key_id", "team_id", "topic")
    urls = {"base_url", "sandbox_url"}
    _check(name, options, known=WIRE | CREDENTIALS | urls | set(needed), needed=needed)
    key = p256_key(_credentials(name, options), f"What {name} has as credentials")
    return APNs(name, APNsConfig(key=key, **_picked(options, WIRE | urls | set(needed))))


def _webpush(name: str, options: dict[str, Any]) -> Transport:
    _check(name, options, known=WIRE | CREDENTIALS | {"contact", "hosts"}, needed=("contact",))
    if not str(options["contact"]).startswith(("mailto:", "https:")):
        raise ConfigurationError(f"{name}: contact begins with mailto: or https:.")
    key = p256_key(_credentials(name, options), f"What {name} has as credentials")
    picked = _picked(options, WIRE | {"contact"})
    if hosts := options.get("hosts"):
        picked["hosts"] = tuple(hosts)
    return WebPush(name, WebPushConfig(key=key, **picked))


def _email(name: str, options: dict[str, Any]) -> Transport:
    _check(name, options, known={"from_email", "backend"}, needed=("from_email",))
    return Email(name, EmailConfig(**_picked(options, {"from_email", "backend"})))


def _file(name: str, options: dict[str, Any]) -> Transport:
    _check(name, options, known={"path"}, needed=("path",))
    return JsonLines(name, JsonLinesConfig(path=Path(options["path"])))


def _console(name: str, options: dict[str, Any]) -> Transport:
    _check(name, options, known=())
    return Console(name)


BUILDERS: Mapping[str, Callable[[str, dict[str, Any]], Transport]] = {
    "fcm": _fcm,
    "apns": _apns,
    "webpush": _webpush,
    "email": _email,
    "file": _file,
    "console": _console,
}


def _check(name: str, options: Mapping[str, Any], *, known: Iterable[str], needed: Iterable[str] = ()) -> None:
    if unknown := sorted(set(options) - set(known)):
        raise ConfigurationError(
            f"{name}: unknown options {', '.join(unknown)}; known are {', '.join(sorted(known)) or 'none'}."
        )
    if missing := [option for option in needed if not options.get(option)]:
        raise ConfigurationError(f"{name}: {', '.join(missing)} must be set.")
    texts = [value for option, value in options.items() if isinstance(value, str) and option not in FREE_TEXTS]
    if not all(text.isascii() and text.isprintable() for text in texts):
        raise ConfigurationError(f"{name}: options are of printable ASCII, without line breaks.")


def _credentials(name: str, options: Mapping[str, Any]) -> str:
    """Give the secret, from the option or from the file that it names."""
    if bool(options.get("credentials")) == bool(options.get("credentials_file")):
        raise ConfigurationError(f"{name}: set either credentials or credentials_file.")
    if text := options.get("credentials"):
        return str(text)
    try:
        return Path(options["credentials_file"]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: credentials_file cannot be read ({type(error).__name__}).") from error


def _picked(options: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Give those of the options that are set, so that the others have their defaults."""
    return {name: options[name] for name in names if options.get(name) not in {None, ""}}
