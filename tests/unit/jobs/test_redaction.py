"""What of a job's arguments is nobody's business."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.redaction import HIDDEN, hides, redacted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "token", "user_password", "b"]), inner),
)


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        ({"habit_id": 7, "name": "run"}, {"habit_id": 7, "name": "run"}),
        ({"device_token": "x"}, {"device_token": HIDDEN}),
        (
            {"Password": None, "apiKey": 1, "client_secret": {"a": 1}},
            dict.fromkeys(["Password", "apiKey", "client_secret"], HIDDEN),
        ),
        ({"calls": [{"auth": {"authorization": "Bearer x"}}]}, {"calls": [{"auth": {"authorization": HIDDEN}}]}),
        ({"token": ""}, {"token": HIDDEN}),
    ],
)
def test_what_looks_like_a_secret_is_hidden_at_any_depth(arguments: dict[str, Any], seen: dict[str, Any]) -> None:
    assert redacted(arguments) == seen


def test_a_task_names_what_else_is_hidden() -> None:
    assert redacted({"email": "a@b", "to": {"email": "c@d"}, "n": 1}, ("email",)) == {
        "email": HIDDEN,
        "to": {"email": HIDDEN},
        "n": 1,
    }


@given(JSON)
def test_something_is_hidden_exactly_where_it_is_said_to_be_and_once_hidden_stays_as_it_is(value: Any) -> None:
    seen = redacted(value)
    assert hides(value) is (seen != value)
    assert redacted(seen) == seen
