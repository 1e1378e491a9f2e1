"""A job's number and its task id."""

from __future__ import annotations

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.identity import LARGEST, job_id_of, task_id_of


@given(st.integers(min_value=1, max_value=LARGEST))
def test_a_task_id_gives_its_number_back(number: int) -> None:
    assert job_id_of(task_id_of(number)) == number


@given(st.integers(min_value=1, max_value=LARGEST))
def test_a_task_id_is_a_uuid_of_version_8_in_celerys_spelling(number: int) -> None:
    value = UUID(task_id_of(number))
    assert (value.version, value.variant) == (8, RFC_4122)
    assert str(value) == task_id_of(number)


def test_task_ids_sort_like_numbers() -> None:
    numbers = [1, 2, 99, 100, 2**31, 2**53 + 1, LARGEST]
    assert sorted(map(task_id_of, reversed(numbers))) == list(map(task_id_of, numbers))


@given(st.uuids())
def test_a_foreign_uuid_is_no_job(value: UUID) -> None:
    assert job_id_of(str(value)) is None


@given(st.integers(min_value=1, max_value=LARGEST), st.integers(min_value=62, max_value=127))
def test_a_task_id_with_one_wrong_bit_above_the_number_is_no_job(number: int, bit: int) -> None:
    assert job_id_of(str(UUID(int=UUID(task_id_of(number)).int ^ 1 << bit))) is None


@pytest.mark.parametrize("text", ["", "habit", "123", "f0c0510b-0000-8000-8000"])
def test_a_text_that_is_no_uuid_is_no_job(text: str) -> None:
    assert job_id_of(text) is None


@pytest.mark.parametrize("number", [0, -1, LARGEST + 1])
def test_a_number_that_no_job_can_have_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=rf"^{number} is not a job's number\.$"):
        task_id_of(number)
