"""Two beats and a worker tick the same schedule, and one of the beats is killed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from analytics.tasks import refresh_habit
from focusjobs.jobs import schedules
from focusjobs.jobs.models import Job, Schedule
from tests.workers import Worker, eventually

pytestmark = pytest.mark.usefixtures("transactional_db")
SECOND = timedelta(seconds=1)


class Beat(Worker):
    """A `celery beat`, on the test's database as a worker is."""

    READY = r"beat: Starting\.\.\."

    def _command(self) -> list[str]:
        return ["celery", "-A", "focusjobs", "beat", "-l", "INFO", "--pidfile", ""]


@pytest.fixture
def beats(workers: list[Worker], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Beat]]:
    """Two beats that run; killed at the end."""
    both = [Beat(Path(tmp_path_factory.mktemp("beat")), workers[0].environment) for _ in range(2)]
    for beat in both:
        beat.start(wait=False)
    yield both
    for beat in both:
        beat.kill()


def completed() -> int:
    return Job.objects.filter(state="completed").count()


def every_second() -> Schedule:
    # The beats make jobs of tasks that they know, which those of the tests are not.
    return Schedule.objects.create(
        name="every second",
        task=refresh_habit.name,
        arguments={"habit_id": 0},
        every=SECOND,
        missed=Schedule.Missed.ALL,
        next_run_at=schedules.database_time(),
    )


def test_two_beats_and_a_worker_make_one_job_a_tick_also_when_a_beat_is_killed(
    worker: Worker, beats: list[Beat]
) -> None:
    for beat in beats:
        beat.wait_until_ready()
    schedule = every_second()
    eventually(lambda: completed() >= 3)
    beats[0].kill()
    seen = Job.objects.count()
    eventually(lambda: completed() >= seen + 3)
    schedules.set_enabled([schedule.pk], enabled=False)
    ticks = list(Job.objects.filter(schedule=schedule).order_by("run_at", "id").values_list("run_at", flat=True))
    assert ticks == [ticks[0] + n * SECOND for n in range(len(ticks))]


def test_beats_alone_make_the_jobs_while_no_worker_runs(workers: list[Worker], beats: list[Beat]) -> None:
    for worker in workers:
        worker.kill()
    Schedule.objects.all().delete()
    schedule = every_second()
    made = Job.objects.filter(schedule=schedule)
    eventually(lambda: made.count() >= 3, seconds=60)
    schedules.set_enabled([schedule.pk], enabled=False)
    ticks = list(made.order_by("run_at", "id").values_list("run_at", flat=True))
    assert ticks == [ticks[0] + n * SECOND for n in range(len(ticks))]
