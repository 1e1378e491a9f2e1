"""Looking for jobs page by page, at the same cost whatever is asked and however many jobs there are.

A filter that an index serves is answered from the whole ledger. Any other is looked for among the next `WINDOW` jobs of
the order that the list has; where they hold too few, the page says how far it looked and from where to go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from focusjobs.console.keyset import beyond, cursor_of, page, written

from ..domain.identity import job_id_of
from ..domain.lifecycle import FINISHED, State
from ..models import Job
from .query import WORDS, conditions, parse
from .selectors import OF_STATE, ORDER_OF_STATE

WINDOW = 20_000
"""Jobs that are looked at for a page of a filter that no index serves."""

WIDE = 400_000
"""As many where somebody asked to look further at once; takes a second or two."""

SERVED = {"id", "user", "group", "operation", "release", "schedule", "parent"}
"""Words that an index of their own serves, best in the order of the jobs' numbers."""

NEWEST_FIRST = ("-id",)

COLUMNS = (
    *("task", "queue", "state", "attempt", "max_attempts", "error", "progress", "celery_id"),
    *("run_at", "created_at", "started_at", "finished_at", f"user__{get_user_model().USERNAME_FIELD}"),
)
"""What a list shows; the arguments, which may be large, are left where they are."""


@dataclass(frozen=True)
class Search:
    """What somebody looks for: a filter, taken apart. `state` is the only state that it names, if it is one."""

    text: str
    words: dict[str, str]
    state: State | None

    @property
    def rest(self) -> str:
        """The filter without its states."""
        return without(self.text, "state")

    @property
    def is_served(self) -> bool:
        """Tell whether an index finds what is looked for."""
        others = set(self.words) - {"state"}
        if others & SERVED or (not others and (self.state or "state" not in self.words)):
            return True
        return others == {"since"} and self.state in FINISHED

    @property
    def order(self) -> tuple[str, ...]:
        """Give the order that an index has for it."""
        if self.state is None or SERVED & set(self.words):
            return NEWEST_FIRST
        return ORDER_OF_STATE[self.state]

    def jobs(self, now: datetime | None = None) -> QuerySet[Job]:
        """Give all that match. Raises `QueryError`."""
        if self.state is None:
            return Job.objects.filter(parse(self.text, now=now))
        return Job.objects.filter(OF_STATE[self.state]).filter(parse(self.rest, now=now))


@dataclass(frozen=True)
class Found:
    """A page of what was found; cursors lead to the pages beside it, empty where there are none.

    further: where to go on from when only a part was looked through, up to `looked_to`.
    """

    jobs: list[Job]
    after: str = ""
    before: str = ""
    further: str = ""
    looked_to: datetime | None = None


def read(text: str) -> Search:
    """Take a filter apart; a number or task id alone is looked for as such. Raises `QueryError`."""
    bare = text.strip().removeprefix("#")
    if bare and ((bare.isascii() and bare.isdecimal()) or job_id_of(bare) is not None):
        text = f"id:{bare}"
    words = conditions(text)
    parse(text)
    named = words.get("state", "")
    return Search(text.strip(), words, State(named) if named in State._value2member_map_ else None)


def without(text: str, word: str) -> str:
    """Give a filter without one of its words. Raises `QueryError`."""
    return " ".join(f"{name}:{value}" for name, value in conditions(text).items() if name != word)


def quoted(value: str) -> str:
    """Write a value so that the filter language takes it as it is."""
    if value and not any(sign in value for sign in ' "\\,\t\n'):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def suggestions(text: str) -> list[tuple[str, str]]:
    """Give filters that may have been meant by one that cannot be read, each with what it would find."""
    piece = next((part for part in text.split() if ":" not in part), "").strip('"*')
    if piece:
        return [(f"{word}:{quoted(value)}", meaning) for word, value, meaning in _meant(text, piece)]
    word, _, value = text.strip().partition(":")
    near = [known for known in WORDS if known[:2] == word[:2]] if word not in WORDS else []
    return [(f"{known}:{value}", WORDS[known]) for known in near]


def _meant(text: str, piece: str) -> list[tuple[str, str, str]]:
    whole = text.strip().strip('"') if ":" not in text else piece
    offered = [("error", whole, "jobs whose error says so"), ("task", f"*{piece}*", "jobs of tasks with that name")]
    if piece in State._value2member_map_:
        offered.insert(0, ("state", piece, "jobs in that state"))
    if "@" in piece:
        offered.insert(0, ("user", piece, "jobs of that person"))
    return offered


def look(search: Search, *, after: str = "", before: str = "", size: int = 50, window: int = WINDOW) -> Found:
    """Give a page of what matches.

    Raises `QueryError`, and `IncorrectLookupParameters` for a cursor of another list.
    """
    columns, descending = [name.removeprefix("-") for name in search.order], search.order[0].startswith("-")
    falling, cursor = descending != bool(before), before or after or None
    wanted = search.jobs().select_related("user").only(*COLUMNS)
    edge = None if search.is_served else _edge(page(_ground(search), columns, falling, cursor), columns, window)
    if edge is not None:
        wanted = wanted.filter(beyond(columns, edge, "gt" if falling else "lt", or_there=True))
    rows = list(page(wanted, columns, falling, cursor)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if before:
        rows.reverse()
    further = edge if edge is not None and not more and not before else None
    return Found(
        rows,
        after=cursor_of(rows[-1], columns) if rows and (more or before) else "",
        before=cursor_of(rows[0], columns) if rows and (more if before else after) else "",
        further=written(further) if further else "",
        looked_to=_moment(further) if further else None,
    )


def _ground(search: Search) -> QuerySet[Job]:
    """Give the jobs among which is looked: those of one tab, in an order that an index has."""
    return Job.objects.filter(OF_STATE[search.state]) if search.state else Job.objects.all()


def _edge(rows: QuerySet[Job], columns: Sequence[str], window: int) -> list[Any] | None:
    """Give the keyset of the last row to look at; None where there are not as many."""
    found = list(rows.values_list(*columns)[window - 1 : window])
    return list(found[0]) if found else None


def _moment(keyset: Sequence[Any]) -> datetime | None:
    """Say how far back that is: the first column is an instant, or the last one is the number of a job."""
    if isinstance(keyset[0], datetime):
        return keyset[0]
    created: datetime | None = Job.objects.filter(pk=keyset[-1]).values_list("created_at", flat=True).first()
    return created
