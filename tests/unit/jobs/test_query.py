"""The filter language: what it understands, and that it refuses everything else by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Q
from hypothesis import example, given
from hypothesis import strategies as st

from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import QueryError
from focusjobs.jobs.looking.query import WORDS, matching, parse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PIECES = [
    *(f"{word}:" for word in WORDS),
    "args.a:",
    "args.a.b:",
    "state:failed",
    '"',
    "\\",
    ",",
    "..",
    "*",
    " ",
    "2h",
    "7",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Q()),
        ("  ", Q()),
        ("task:habits.close_day", Q(task__exact="habits.close_day")),
        ("task:habits.*", Q(task__startswith="habits.")),
        ("worker:*@host3", Q(worker__endswith="@host3")),
        ("queue:a,b", Q(queue__exact="a") | Q(queue__exact="b")),
        ("state:failed", Q(state__in=(State.FAILED,))),
        ("state:failed,cancelled", Q(state__in=(State.FAILED, State.CANCELLED))),
        ("user:42", Q(user=42)),
        ("user:Ana@Example.com", Q(user__email__iexact="Ana@Example.com")),
        ("id:7", Q(pk=7)),
        ("id:7,10..20", Q(pk=7) | Q(pk__gte=10, pk__lte=20)),
        (f"id:{task_id_of(7)}", Q(pk=7)),
        ("id:from-elsewhere", Q(celery_id="from-elsewhere")),
        (
            f"id:{','.join(str(number) for number in range(1, 13))},20..30",
            Q(pk__in=list(range(1, 13))) | Q(pk__gte=20, pk__lte=30),
        ),
        ("group:3F9a1c", Q(error_group__gte=0x3F9A1C << 36, error_group__lte=(0x3F9A1D << 36) - 1)),
        ("group:3f9a1c012345678", Q(error_group=0x3F9A1C012345678)),
        ("parent:7", Q(parent=7)),
        (f"parent:{task_id_of(7)}", Q(parent=7)),
        ('error:"connection refused"', Q(error__icontains="connection refused")),
        (r'error:"a \"b\" c\\d"', Q(error__icontains=r'a "b" c\d')),
        ("args.name:run", Q(arguments__contains={"name": "run"})),
        ("args.a.b:x", Q(arguments__contains={"a": {"b": "x"}})),
        ("args.n:7", Q(arguments__contains={"n": "7"}) | Q(arguments__contains={"n": 7})),
        ('args.n:"7"', Q(arguments__contains={"n": "7"})),
        ("args.n:null", Q(arguments__contains={"n": "null"}) | Q(arguments__contains={"n": None})),
        ("state:failed since:2h", Q(state__in=(State.FAILED,)) & Q(finished_at__gte=NOW - timedelta(hours=2))),
        ("state:waiting before:1d", Q(state__in=(State.WAITING,)) & Q(created_at__lt=NOW - timedelta(days=1))),
        (
            "since:2026-03-01T08:00",
            Q(finished_at__gte=NOW.replace(hour=8)) | (Q(finished_at=None) & Q(created_at__gte=NOW.replace(hour=8))),
        ),
        (
            "before:2026-03-01T08:00+02:00 state:failed",
            Q(state__in=(State.FAILED,)) & Q(finished_at__lt=NOW.replace(hour=6)),
        ),
        ("task:a queue:b", Q(task__exact="a") & Q(queue__exact="b")),
    ],
)
def test_a_filter_means_what_it_says(text: str, expected: Q) -> None:
    assert parse(text, now=NOW) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("stat:failed", r"There is no filter “stat:”; there are task:, queue:, state:"),
        ("args:7", "There is no filter “args:”"),
        ("args.:7", "There is no filter “args.:”"),
        ("failed", "“failed” is no condition; write word:value"),
        ("state:failed retry", "“retry” is no condition"),
        ("state:", "“state:” is no condition"),
        ('error:"half', "is no condition"),
        ('task:a"b', "is no condition"),
        ("state:broken", "There is no state “broken”; there are waiting, delayed"),
        ("state:failed state:cancelled", "“state:” is there twice"),
        ("task:*", "would match everything"),
        ("queue:a,,b", "has a comma too many"),
        ("id:seven", "“id:” takes whole numbers, not “seven”"),
        ("id:1..x", "takes whole numbers"),
        ("id:99999999999999999999", "takes whole numbers|no condition"),
        ("user:99999999999999999999", "takes whole numbers"),
        ("since:yesterday", "“since:” takes a time such as 30m"),
        ("before:999999999w", "takes a time"),
        ("since:0001-01-01", "is too long ago"),
        ('error:""', "needs a value"),
        ("error:a\0b", "holds a character that no job can have"),
        ("error:\udcff", "holds a character that no job can have"),
    ],
)
def test_what_it_does_not_understand_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(QueryError, match=why):
        parse(text, now=NOW)


@given(st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5))).map("".join)))
@example("id:" + "9" * 19)
@example("args.x:1e999")
@example("since:9999-12-31T23:59-14:00")
def test_any_text_is_either_a_query_that_can_be_sent_or_refused(text: str) -> None:
    try:
        found = matching(text, now=NOW)
    except QueryError:
        return
    assert not text.strip() or "WHERE" in str(found.query)


@given(st.sampled_from(sorted(State)), st.integers(1, 2**62), st.from_regex(r"[a-z]{1,9}\.[a-z_]{1,9}", fullmatch=True))
def test_the_order_and_the_spaces_of_conditions_do_not_matter(state: str, number: int, task: str) -> None:
    words = [f"state:{state}", f"id:{number}", f"task:{task}"]
    wanted = Q(state__in=(state,)) & Q(pk=number) & Q(task__exact=task)
    for text in (" ".join(words), "  ".join(reversed(words)) + " "):
        assert set(parse(text, now=NOW).children) == set(wanted.children)
