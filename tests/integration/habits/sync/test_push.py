"""What becomes of a push: merged at once, or accepted for good and merged by a job, and where it stands meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from focusjobs.jobs.models import Job
from focusjobs.sql import rows
from habits.merging import allow_erasing
from habits.merging import drain as merge
from habits.models import Completion, Habit, SyncDevice, SyncPush, User
from habits.tasks import merge_pushes, sweep_pushes
from tests.factories import UserFactory
from tests.holding import waiting_backends
from tests.integration.habits.phones import (
    NOW,
    Phone,
    busy,
    changes,
    habit,
    names,
    problems,
    stored,
    tick,
    values,
)
from tests.integration.habits.problems import problem_of
from tests.integration.jobs.conftest import pulse  # noqa: F401 - a fixture
from tests.integration.jobs.drains import drain
from tests.threads import beside
from tests.workers import eventually

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse")]
committed = pytest.mark.django_db(transaction=True)

ASYNC = {"Prefer": "respond-async"}


def refused_and_taken() -> dict[str, Any]:
    """A push of a habit with a day, and of a day that is refused."""
    return changes(habits=[habit()], completions=[tick(), {**tick("nowhere"), "id": "lost"}])


def status_of(phone: Phone, answer: Any) -> Any:
    response = phone.client.get(urlsplit(answer["status_url"]).path)
    assert response.status_code == 200
    return response.json()


def merges() -> int:
    """How many jobs wait that merge pushes."""
    return Job.objects.filter(task=merge_pushes.name, state="waiting").count()


# --- Merged at once --------------------------------------------------------------------------------------------------


def test_a_push_is_merged_before_it_is_answered(phone: Phone) -> None:
    response = phone.send(refused_and_taken())
    answer = response.json()
    assert response.status_code == 200
    assert (answer["status"], answer["merged_version"], answer["timestamp"]) == ("done", 2, 2)
    assert answer["experimentalRejectedIds"] == {"habits": [], "completions": ["lost"]}
    assert problems(answer) == [("completions", "lost", "unknown_habit")]
    empty = {"created": [], "updated": [], "deleted": []}
    assert answer["changes"] == {"habits": empty, "completions": empty}
    assert Completion.objects.get().version == 2
    assert merges() == 0


def test_a_push_that_changes_nothing_makes_no_version(phone: Phone) -> None:
    first = phone.push(habits=[habit()], completions=[tick()])
    again = phone.push(habits=[habit()], completions=[tick()])
    nothing = phone.push()
    assert [answer["timestamp"] for answer in (first, again, nothing)] == [2, 2, 2]
    assert [answer["status"] for answer in (first, again, nothing)] == ["done"] * 3


def test_the_answer_has_the_rows_that_are_otherwise_than_the_phone_has_them(user: User, phone: Phone) -> None:
    phone.push(habits=[habit(), habit("run")], completions=[tick(note="Rain")])
    answer = Phone(user, "phone-b").push(
        habits=[habit(at=1, name="Stroll"), habit("swim")], completions=[tick(at=1, value=0), tick(day="2025-12-31")]
    )
    assert names(answer) == {"walk": "Walk"}
    assert [(row["value"], row["note"]) for row in answer["changes"]["completions"]["updated"]] == [(1, "Rain")]


def test_rows_of_every_list_are_merged_alike(phone: Phone) -> None:
    lists = {"created": [habit("run")], "updated": [habit("walk")]}
    assert phone.send({"habits": lists}).status_code == 200
    assert names(phone.pull()) == {"run": "Run", "walk": "Walk"}


def test_a_row_that_is_twice_in_a_push_has_its_later_edit(phone: Phone) -> None:
    phone.push(
        habits=[habit(at=NOW + 1, name="Later"), habit(at=NOW, name="Sooner")],
        completions=[tick(value=1, at=NOW), tick(value=0, at=NOW + 2), tick(value=1, at=NOW + 1)],
    )
    answer = phone.pull()
    assert (names(answer), values(answer)) == ({"walk": "Later"}, [0])


def test_the_server_remembers_the_phone(phone: Phone) -> None:
    phone.send(changes(habits=[habit(at=0)]), User_Agent="Focus/1.0 " + "x" * 300)
    device = SyncDevice.objects.get()
    assert (device.device, device.user_agent[:10], len(device.user_agent)) == ("phone-a", "Focus/1.0 ", 200)
    assert device.last_push_at is not None
    assert device.skew_ms < 0
    response = phone.client.get("/api/v1/sync/pull", headers={"X-Device-Id": "phone-a", "User-Agent": "y" * 300})
    assert response.status_code == 200
    device.refresh_from_db()
    assert (device.last_pull_at is not None, device.user_agent) == (True, "y" * 200)


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("wait=10", 200),
        ("wait=0", 200),
        ("wait=999999", 200),
        ("handling=strict", 200),
        ("respond-async", 202),
        ("Respond-Async, wait=5", 202),
        ("wait=soon", 200),
    ],
)
def test_a_phone_says_whether_it_waits(phone: Phone, prefer: str, status: int) -> None:
    assert phone.send(changes(habits=[habit()]), Prefer=prefer).status_code == status


# --- Merged later ----------------------------------------------------------------------------------------------------


def test_a_phone_that_does_not_wait_is_told_where_to_look_and_what_was_refused(phone: Phone) -> None:
    response = phone.send(refused_and_taken(), **ASYNC)
    answer = response.json()
    assert response.status_code == 202
    assert response["Retry-After"] == "1"
    assert response["Location"] == answer["status_url"] == f"http://testserver/api/v1/sync/pushes/{answer['id']}"
    assert (answer["status"], answer["merged_version"]) == ("queued", None)
    assert problems(answer) == [("completions", "lost", "unknown_habit")]
    assert status_of(phone, answer) == {name: value for name, value in answer.items() if name != "status_url"}
    assert not Habit.objects.exists()


def test_the_job_of_a_202_merges_what_was_accepted(phone: Phone) -> None:
    answer = phone.send(refused_and_taken(), **ASYNC).json()
    assert merges() == 1
    drain()
    after = status_of(phone, answer)
    assert (after["status"], after["merged_version"]) == ("done", 2)
    assert after["problems"] == answer["problems"]
    assert (names(phone.pull()), Completion.objects.get().value) == ({"walk": "Walk"}, 1000)


def test_pushes_that_wait_are_merged_by_one_job_in_one_version(phone: Phone) -> None:
    for number in range(5):
        phone.send(changes(habits=[habit(f"h{number}")]), **ASYNC)
    assert merges() == 1
    drain()
    assert set(SyncPush.objects.values_list("merged_version", flat=True)) == {2}
    assert Habit.objects.count() == 5


def test_days_of_a_habit_that_still_waits_are_taken(phone: Phone) -> None:
    phone.send(changes(habits=[habit(kind="counted")]), **ASYNC)
    answer = phone.send(changes(completions=[tick(device="phone-a")]), **ASYNC).json()
    assert problems(answer) == []
    drain()
    assert Completion.objects.get().slot == "phone-a"


def test_days_of_a_habit_that_is_merged_just_now_are_taken(
    phone: Phone, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process merges between two statements of the one that looks for the habit."""

    def rows_and_then_merge(statement: str, values: Any) -> list[Any]:
        found = rows(statement, values)
        merge(user.pk)
        return found

    phone.send(changes(habits=[habit(kind="counted")]), **ASYNC)
    monkeypatch.setattr("habits.sync.writing.rows", rows_and_then_merge)
    assert problems(phone.push(completions=[tick(device="phone-a")])) == []
    assert Completion.objects.get().slot == "phone-a"


def test_a_push_that_is_merged_at_once_takes_along_what_waits(phone: Phone) -> None:
    waiting = phone.send(changes(habits=[habit()]), **ASYNC).json()
    assert problems(phone.push(completions=[tick()])) == []
    assert status_of(phone, waiting)["status"] == "done"


def test_a_push_and_its_job_are_written_both_or_neither(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("the server closed the connection")

    before = stored()
    with monkeypatch.context() as patch:
        patch.setattr("focusjobs.jobs.declaring.call.Call.enqueue", fail)
        assert phone.send(refused_and_taken(), **ASYNC).status_code == 500
    assert stored() == before
    phone.send(refused_and_taken(), **ASYNC)
    assert (SyncPush.objects.count(), merges()) == (1, 1)


def test_a_push_and_its_merge_are_written_both_or_neither(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("the server closed the connection")

    before = stored()
    with monkeypatch.context() as patch:
        patch.setattr("habits.merging.session.habits.merge_habits", fail)
        assert phone.send(refused_and_taken()).status_code == 500
    assert stored() == before
    assert phone.push(habits=[habit()])["status"] == "done"


@committed
@pytest.mark.parametrize("prefer", ["wait=0", "respond-async"])
def test_a_push_during_another_merge_is_accepted_and_merged_later(phone: Phone, user: User, prefer: str) -> None:
    with busy(user):
        response = phone.send(refused_and_taken(), Prefer=prefer)
        answer = response.json()
        assert (response.status_code, answer["status"]) == (202, "queued")
        assert problems(answer) == [("completions", "lost", "unknown_habit")]
        assert status_of(phone, answer)["status"] == "queued"
        assert merges() == 1
    drain()
    assert status_of(phone, answer)["status"] == "done"
    assert names(phone.pull()) == {"walk": "Walk"}


@committed
def test_a_push_that_waits_is_merged_as_soon_as_another_merge_has_ended(phone: Phone, user: User) -> None:
    with busy(user):
        sent = beside(lambda: phone.send(changes(habits=[habit()])))
        eventually(waiting_backends)
    assert sent().status_code == 200
    assert merges() == 0


@committed
def test_another_persons_merge_holds_nobody_up(phone: Phone) -> None:
    with busy(UserFactory()):
        assert phone.send(changes(habits=[habit()]), Prefer="wait=0").status_code == 200


@committed
def test_a_job_that_meets_a_merge_is_put_off_and_costs_no_attempt(
    phone: Phone, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.send(changes(habits=[habit()]), **ASYNC)
    with busy(user), monkeypatch.context() as patch:
        patch.setattr("habits.tasks.drain", lambda who, **_: merge(who, patience=timedelta(milliseconds=20)))
        drain()
    job = Job.objects.get(task=merge_pushes.name)
    assert (job.state, job.attempt) == ("delayed", 0)
    assert names(phone.pull()) == {"walk": "Walk"}


# --- Where a push stands ---------------------------------------------------------------------------------------------


def test_nobody_sees_where_the_push_of_somebody_else_stands(phone: Phone) -> None:
    path = urlsplit(phone.send(refused_and_taken(), **ASYNC).json()["status_url"]).path
    theirs = problem_of(Phone(UserFactory()).client.get(path), 404)
    unknown = problem_of(phone.client.get(f"/api/v1/sync/pushes/{uuid4()}"), 404)
    assert theirs == unknown
    assert problem_of(phone.client.get("/api/v1/sync/pushes/1"), 404)["code"] == "not_found"


@pytest.fixture
def failing(phone: Phone) -> Any:
    """The answer to a push of days whose habit was erased before they were merged."""
    phone.push(habits=[habit()])
    answer = phone.send(changes(completions=[tick()]), **ASYNC).json()
    allow_erasing()
    Habit.objects.all().delete()
    return answer


def test_a_push_that_cannot_be_merged_has_failed_and_says_so(phone: Phone, failing: Any) -> None:
    drain()
    assert status_of(phone, failing)["status"] == "failed"
    push = SyncPush.objects.latest("pk")
    assert push.error.splitlines()[0] == "UnknownHabit: Habits ['walk'] do not exist."
    assert push.merged_version is None


def test_a_push_that_cannot_be_merged_does_not_hold_up_the_others(phone: Phone, failing: Any) -> None:
    after = phone.send(changes(habits=[habit("run")]), **ASYNC).json()
    drain()
    assert [status_of(phone, answer)["status"] for answer in (failing, after)] == ["failed", "done"]
    assert names(phone.pull()) == {"run": "Run"}


def test_what_a_failed_push_had_written_is_undone(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    phone.send(changes(habits=[habit()], completions=[tick()]), **ASYNC)
    monkeypatch.setattr("habits.merging.session.completions.merge_completions", lambda *_: 1 / 0)
    assert names(phone.pull()) == {}
    assert SyncPush.objects.get().state == "failed"


def test_a_push_whose_merge_fails_at_once_is_kept_and_told(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("habits.merging.session.completions.merge_completions", lambda *_: 1 / 0)
        response = phone.send(changes(habits=[habit()], completions=[tick()]))
    assert (response.status_code, response.json()["status"]) == (202, "failed")
    assert not Habit.objects.exists()
    SyncPush.objects.update(failed_at=None)
    assert values(phone.pull()) == [1]


# --- Pushes that were left behind ------------------------------------------------------------------------------------


def lose_jobs(age: timedelta) -> None:
    """Make it as if the jobs of all pushes had been lost, so long ago."""
    Job.objects.all().delete()
    SyncPush.objects.update(received_at=timezone.now() - age)


def test_a_push_that_waits_for_too_long_is_swept_up(phone: Phone) -> None:
    others = Phone(UserFactory())
    for one in (phone, others):
        one.send(changes(habits=[habit()]), **ASYNC)
        one.send(changes(completions=[tick()]), **ASYNC)
    lose_jobs(timedelta(minutes=1))
    assert sweep_pushes() == 2
    assert merges() == 2
    drain()
    assert set(SyncPush.objects.values_list("user", "merged_version")) == {(phone.user.pk, 2), (others.user.pk, 2)}
    assert sweep_pushes() == 0


def test_a_push_that_was_just_accepted_is_left_to_its_job(phone: Phone) -> None:
    phone.send(changes(habits=[habit()]), **ASYNC)
    lose_jobs(timedelta(seconds=20))
    assert (sweep_pushes(), merges()) == (0, 0)


def test_sweeping_makes_no_second_job_where_one_waits(phone: Phone) -> None:
    phone.send(changes(habits=[habit()]), **ASYNC)
    SyncPush.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    assert sweep_pushes() == 1
    assert merges() == 1


def test_a_push_that_failed_is_not_swept_up(phone: Phone, failing: Any) -> None:
    drain()
    lose_jobs(timedelta(minutes=1))
    assert sweep_pushes() == 0
