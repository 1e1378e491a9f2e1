"""The one error that development tools show a person: a sentence that says what to do."""

from __future__ import annotations


class DevError(Exception):
    """Development services or the demo cannot go on; the message is a sentence for the person at the terminal."""
