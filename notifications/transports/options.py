"""Reads a transport's options: refuses those that cannot be meant, and fetches its credentials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .transport import ConfigurationError

Options = Mapping[str, Any]

WIRE = frozenset({"ca_file", "proxy", "in_flight", "timeout"})
"""Options of every transport that speaks HTTP."""

CREDENTIALS = frozenset({"credentials", "credentials_file"})
"""A secret, or the file that holds it; one of the two."""

FREE_TEXTS = frozenset({"credentials", "from_email", "path"})


def check(name: str, options: Options, *, known: Iterable[str], needed: Iterable[str] = ()) -> None:
    """Raise `ConfigurationError` for options that there are not, that are missing or that hold other than ASCII."""
    if unknown := sorted(set(options) - set(known)):
        raise ConfigurationError(
            f"{name}: unknown options {', '.join(unknown)}; known are {', '.join(sorted(known)) or 'none'}."
        )
    if missing := [option for option in needed if not options.get(option)]:
        raise ConfigurationError(f"{name}: {', '.join(missing)} must be set.")
    texts = [value for option, value in options.items() if isinstance(value, str) and option not in FREE_TEXTS]
    if not all(text.isascii() and text.isprintable() for text in texts):
        raise ConfigurationError(f"{name}: options are of printable ASCII, without line breaks.")


def credentials(name: str, options: Options) -> str:
    """Give the secret, from the option or from the file that it names. Raises `ConfigurationError`."""
    if bool(options.get("credentials")) == bool(options.get("credentials_file")):
        raise ConfigurationError(f"{name}: set either credentials or credentials_file.")
    if text := options.get("credentials"):
        return str(text)
    try:
        return Path(options["credentials_file"]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: credentials_file cannot be read ({type(error).__name__}).") from error


def picked(options: Options, names: Iterable[str]) -> dict[str, Any]:
    """Give those of the options that are set, so that the others have their defaults."""
    return {name: options[name] for name in names if options.get(name) not in (None, "")}
