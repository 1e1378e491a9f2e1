"""How many jobs a drain claims at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.ledger import SIZES
from focusjobs.jobs.worker.drain import GROUP, Pace

LARGEST = max(SIZES)
SECONDS = st.floats(min_value=0, max_value=10_000)


def paced(**seconds: float) -> Pace:
    pace = Pace()
    for task, took in seconds.items():
        pace.note(task, took)
    return pace


@given(st.lists(SECONDS), st.integers(min_value=1, max_value=LARGEST))
def test_a_batch_has_at_least_one_job_and_at_most_the_largest(times: list[float], last: int) -> None:
    pace = Pace()
    for took in times:
        pace.note("t", took)
    assert 1 <= pace.batch_size(last, {"t"}) <= LARGEST


@given(SECONDS, st.integers(min_value=1, max_value=LARGEST))
def test_a_batch_grows_at_most_fourfold(took: float, last: int) -> None:
    assert paced(t=took).batch_size(last, {"t"}) <= 4 * last


@given(SECONDS, SECONDS)
def test_slower_jobs_never_make_a_larger_batch(one: float, other: float) -> None:
    slow, quick = max(one, other), min(one, other)
    assert paced(t=slow).batch_size(LARGEST, {"t"}) <= paced(t=quick).batch_size(LARGEST, {"t"})


def test_a_batch_takes_about_as_long_as_one_group() -> None:
    assert GROUP == 0.05
    assert paced(t=0.001).batch_size(LARGEST, {"t"}) == 16


def test_a_slow_job_is_claimed_alone() -> None:
    assert paced(t=3.0).batch_size(LARGEST, {"t"}) == 1


def test_the_slowest_task_of_a_batch_decides() -> None:
    assert paced(quick=0.0001, slow=0.01).batch_size(LARGEST, {"quick", "slow"}) == 4


def test_a_task_of_which_nothing_is_known_is_claimed_alone() -> None:
    assert Pace().batch_size(LARGEST, {"new"}) == 1
    assert Pace().batch_size(LARGEST, set()) == 1


def test_a_task_that_became_slow_is_noticed_within_a_few_runs() -> None:
    pace = paced(t=0.0001)
    for _ in range(3):
        pace.note("t", 1.0)
    assert pace.batch_size(LARGEST, {"t"}) == 1


def test_one_slow_run_is_forgotten() -> None:
    pace = paced(t=1.0)
    for _ in range(50):
        pace.note("t", 0.0001)
    assert pace.batch_size(LARGEST, {"t"}) > 100


def test_groups_of_atomic_jobs_grow_while_they_succeed_up_to_the_most() -> None:
    pace, sizes = Pace(), []
    for _ in range(8):
        sizes.append(pace.together)
        pace.note_group(succeeded=True)
    assert sizes == [16, 32, 64, 128, 256, 500, 500, 500]


def test_a_group_that_fails_makes_the_next_ones_small_and_never_empty() -> None:
    pace, sizes = Pace(), []
    for succeeded in (True, True, False, False, False, True):
        pace.note_group(succeeded=succeeded)
        sizes.append(pace.together)
    assert sizes == [32, 64, 8, 1, 1, 2]
