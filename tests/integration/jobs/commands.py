"""Commands as people and programs use them."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def command(*words: str) -> str:
    """Run `manage.py WORDS`, where JSON cannot be split by spaces, and give what it printed."""
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    return out.getvalue()


def refused(*words: str) -> CommandError:
    with pytest.raises(CommandError) as refusal:
        command(*words)
    return refusal.value
