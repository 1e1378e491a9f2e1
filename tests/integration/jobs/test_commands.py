"""`manage.py jobs` and `manage.py queues`, as people and programs use them."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from focusjobs.jobs import interventions
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.models import Attempt, Job, LogLine, Queue
from tests.integration.jobs.rows import job_in

pytestmark = pytest.mark.django_db


def command(*words: str) -> str:
    """Run `manage.py WORDS`, where JSON cannot be split by spaces, and give what it printed."""
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    return out.getvalue()


def refused(*words: str) -> CommandError:
    with pytest.raises(CommandError) as refusal:
        command(*words)
    return refusal.value


class TestLooking:
    def test_a_list_shows_the_newest_first(self) -> None:
        old = job_in(State.FAILED, error="TimeoutError: slow", attempt=2, max_attempts=5)
        new = job_in(State.WAITING, queue="imports")
        lines = command("jobs", "list").splitlines()
        assert lines[0].split() == ["id", "state", "task", "queue", "attempt", "due", "or", "ended", "error"]
        assert lines[1].split()[:4] == [str(new.pk), "waiting", "tests.add", "imports"]
        assert lines[2].split()[:7] == [str(old.pk), "failed", "tests.add", "default", "2", "of", "5"]
        assert lines[2].endswith("TimeoutError: slow")

    def test_a_list_takes_a_filter_and_a_limit(self) -> None:
        jobs = [job_in(State.FAILED) for _ in range(3)]
        job_in(State.WAITING)
        answer = json.loads(command("jobs", "list", "--filter", "state:failed", "--limit", "2", "--json"))
        assert [job["id"] for job in answer] == [jobs[2].pk, jobs[1].pk]
        assert answer[0]["arguments"] == {"x": 1, "y": 2}
        assert "the newest 2" in command("jobs", "list", "--limit", "2")

    def test_a_filter_that_is_not_understood_is_told_in_a_sentence(self) -> None:
        assert "There is no filter “stat:”" in str(refused("jobs", "list", "--filter", "stat:failed"))

    def test_a_job_is_shown_with_its_attempts_and_its_log(self) -> None:
        job = job_in(State.FAILED, error="no")
        Attempt.objects.create(job=job, number=1, outcome="failed", worker="w@h", error="no", traceback="File a.py")
        LogLine.objects.create(job=job, attempt=1, at=timezone.now(), level="info", line="hello")
        text = command("jobs", "show", str(job.pk))
        for part in ("tests.add", "failed", "attempt 1 failed on w@h: no", "File a.py", "hello"):
            assert part in text
        answer = json.loads(command("jobs", "show", job.task_id, "--json"))
        assert (answer["id"], answer["attempts"][0]["worker"], answer["log"][0]["line"]) == (job.pk, "w@h", "hello")

    def test_a_job_that_is_gone_is_told_in_a_sentence(self) -> None:
        assert str(refused("jobs", "show", "123456")) == "There is no job 123456."

    def test_counts_tell_states_and_what_queues_have_to_do(self) -> None:
        for state in State:
            job_in(state)
        job_in(State.WAITING, lane="limited", limit_key="k")
        job_in(State.WAITING, queue="imports", lane="message", run_at=datetime(2026, 2, 1, tzinfo=UTC))
        answer = json.loads(command("jobs", "counts", "--json"))
        assert answer["states"] == {state: 3 if state == State.WAITING else 1 for state in State}
        found = {queue["queue"]: queue for queue in answer["queues"]}
        assert found["default"] == {
            "queue": "default",
            "waiting": 2,
            "oldest": "2026-01-01T00:00:00Z",
            "delayed": 1,
            "active": 1,
        }
        assert (found["imports"]["waiting"], found["imports"]["oldest"]) == (1, "2026-02-01T00:00:00Z")
        assert found["statistics"]["oldest"] is None
        assert "waiting_children" in command("jobs", "counts")

    def test_a_count_beyond_the_cap_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in ("backlog", "cli.reading"):
            monkeypatch.setattr(f"focusjobs.jobs.{module}.CAP", 2)
        for _ in range(3):
            job_in(State.WAITING)
        assert command("jobs", "counts").count("2+") == 2


class TestMoving:
    def test_jobs_are_named_by_number_or_task_id(self) -> None:
        first, second = job_in(State.FAILED), job_in(State.CANCELLED)
        assert command("jobs", "retry", str(first.pk), second.task_id) == "2 jobs retried.\n"
        assert set(Job.objects.values_list("state", flat=True)) == {"waiting"}

    def test_a_named_job_that_is_left_alone_is_an_error_that_says_why(self) -> None:
        failed, done = job_in(State.FAILED), job_in(State.COMPLETED)
        held = job_in(State.FAILED, unique_key="k")
        job_in(State.WAITING, unique_key="k")
        refusal = refused("jobs", "retry", str(failed.pk), str(done.pk), str(held.pk), "123456")
        assert refusal.returncode == 1
        assert str(refusal) == (
            f"Job {done.pk} was not retried: it is completed. "
            f"Job {held.pk} was not retried: it has expired, or another job holds its unique key. "
            "There is no job 123456."
        )
        failed.refresh_from_db()
        assert failed.state == "waiting"

    def test_a_filter_moves_all_that_matches(self) -> None:
        for _ in range(3):
            job_in(State.FAILED)
        job_in(State.CANCELLED)
        text = command("jobs", "retry", "--filter", "state:failed", "--yes")
        assert text == "3 jobs retried; 0 had moved meanwhile or could not be.\n"
        assert Job.objects.filter(state="cancelled").count() == 1

    def test_a_dry_run_counts_and_changes_nothing(self) -> None:
        job_in(State.FAILED)
        job_in(State.COMPLETED)
        text = command("jobs", "retry", "--filter", "task:tests.*", "--dry-run")
        assert text == "2 jobs match; 1 would be retried, not these: 1 completed.\n"
        answer = json.loads(command("jobs", "retry", "--filter", "task:tests.*", "--dry-run", "--json"))
        assert answer == {"matched": 2, "eligible": 1, "users": 0, "skipped": {"completed": 1}}
        assert not Job.objects.filter(state="waiting").exists()

    def test_without_yes_and_a_terminal_nothing_is_done_and_the_number_is_told(self) -> None:
        job_in(State.FAILED)
        refusal = refused("jobs", "retry", "--filter", "state:failed")
        assert str(refusal).startswith("1 job matches; 1 would be retried. Say --yes")
        assert Job.objects.get().state == "failed"

    @pytest.mark.parametrize(("answer", "state"), [("y", "waiting"), ("", "failed"), ("no", "failed")])
    def test_at_a_terminal_it_asks(self, monkeypatch: pytest.MonkeyPatch, answer: str, state: str) -> None:
        job_in(State.FAILED)
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question: answer)
        if state == "waiting":
            command("jobs", "retry", "--filter", "state:failed")
        else:
            assert str(refused("jobs", "retry", "--filter", "state:failed")) == "Nothing was done."
        assert Job.objects.get().state == state

    @pytest.mark.parametrize("words", [[], ["--filter", ""], ["--filter", "  "], ["1", "--filter", "state:failed"]])
    def test_no_jobs_or_an_empty_filter_never_mean_all_jobs(self, words: list[str]) -> None:
        job = job_in(State.FAILED)
        assert "one of the two" in str(refused("jobs", "retry", "--yes", *words))
        job.refresh_from_db()
        assert job.state == "failed"

    def test_ctrl_c_stops_after_the_batch_under_way_and_says_where_to_go_on(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("focusjobs.jobs.bulk.BATCH", 2)
        retry = interventions.retry

        def interrupted(ids: list[int]) -> set[int]:
            signal.raise_signal(signal.SIGINT)
            return retry(ids)

        for _ in range(5):
            job_in(State.FAILED)
        monkeypatch.setattr(interventions, "retry", interrupted)
        refusal = refused("jobs", "retry", "--filter", "state:failed", "--yes")
        assert refusal.returncode == 130
        assert Job.objects.filter(state="waiting").count() == 2
        monkeypatch.setattr(interventions, "retry", retry)
        place = str(refusal).split("--resume ")[1]
        text = command("jobs", "retry", "--filter", "state:failed", "--yes", "--resume", place)
        assert text.startswith("3 jobs retried")

    def test_cancelling_takes_a_reason_and_active_jobs_only_when_told_to(self) -> None:
        waiting, active = job_in(State.WAITING), job_in(State.ACTIVE)
        assert "it is active" in str(refused("jobs", "cancel", str(waiting.pk), str(active.pk), "--reason", "enough"))
        waiting.refresh_from_db()
        assert (waiting.state, waiting.error) == ("cancelled", "enough")
        command("jobs", "cancel", str(active.pk), "--active")
        active.refresh_from_db()
        assert active.state == "cancelled"

    def test_jobs_are_promoted_rescheduled_and_given_a_priority(self) -> None:
        job = job_in(State.DELAYED)
        command("jobs", "reschedule", str(job.pk), "--at", "2h")
        job.refresh_from_db()
        assert timedelta(minutes=119) < job.run_at - timezone.now() <= timedelta(hours=2)
        command("jobs", "reschedule", str(job.pk), "--at", "2100-01-01T08:00+02:00")
        job.refresh_from_db()
        assert job.run_at == datetime(2100, 1, 1, 6, tzinfo=UTC)
        command("jobs", "priority", str(job.pk), "--to", "9")
        command("jobs", "promote", str(job.pk))
        job.refresh_from_db()
        assert (job.state, job.priority) == ("waiting", 9)

    def test_a_priority_that_no_job_can_have_is_told_in_a_sentence(self) -> None:
        refusal = refused("jobs", "priority", str(job_in(State.WAITING).pk), "--to", "-1")
        assert "A priority is a whole number from 0" in str(refusal)

    @pytest.mark.parametrize("at", ["soon", "99999999999d", "2026-13-01"])
    def test_a_time_that_is_none_is_told_in_a_sentence(self, at: str) -> None:
        assert "is no time such as" in str(refused("jobs", "reschedule", "1", "--at", at))

    def test_answers_for_programs(self) -> None:
        failed, done = job_in(State.FAILED), job_in(State.COMPLETED)
        assert json.loads(command("jobs", "retry", str(failed.pk), "--json")) == {
            "changed": [failed.pk],
            "left_alone": {},
        }
        job_in(State.FAILED)
        answer = json.loads(command("jobs", "retry", "--filter", "state:failed", "--yes", "--json"))
        assert (answer["seen"], answer["changed"], answer["stopped"]) == (1, 1, False)
        done.refresh_from_db()
        assert done.state == "completed"


class TestUpkeep:
    def test_one_argument_or_all_of_them_can_be_edited(self) -> None:
        job = job_in(State.FAILED)
        command("jobs", "edit", str(job.pk), "--set", "y=7")
        assert Job.objects.latest("pk").arguments == {"x": 1, "y": 7}
        answer = json.loads(command("jobs", "edit", str(job.pk), "--arguments", '{"x": 3, "y": 4}', "--json"))
        assert Job.objects.get(pk=answer["id"]).arguments == {"x": 3, "y": 4}
        assert answer["edited_from"] == job.pk

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            ([], "Say what to change"),
            (["--set", "y"], "--set takes NAME=JSON"),
            (["--set", "y=seven"], "“seven” is not JSON"),
            (["--arguments", "[1]"], "takes a JSON object"),
            (["--arguments", '{"x": 1}'], "missing a required argument: 'y'"),
        ],
    )
    def test_an_edit_that_cannot_be_is_told_in_a_sentence(self, words: list[str], why: str) -> None:
        assert why in str(refused("jobs", "edit", str(job_in(State.FAILED).pk), *words))

    def test_a_queue_is_drained_after_a_look(self) -> None:
        for _ in range(2):
            job_in(State.WAITING)
        assert command("jobs", "drain", "default", "--dry-run") == "2 jobs would be cancelled.\n"
        assert "2 jobs of the queue default would be cancelled. Say --yes" in str(refused("jobs", "drain", "default"))
        assert command("jobs", "drain", "default", "--yes") == "2 jobs cancelled.\n"

    def test_old_jobs_are_cleaned_and_pruned(self) -> None:
        for days in (1, 3, 400):
            job_in(State.FAILED, finished_at=timezone.now() - timedelta(days=days))
        assert "Say --yes" in str(refused("jobs", "clean", "failed", "--older-than", "2d"))
        assert command("jobs", "clean", "failed", "--older-than", "2d", "--limit", "1", "--yes") == "1 job deleted.\n"
        assert json.loads(command("jobs", "prune", "--json")) == {"deleted": 0}
        assert Job.objects.count() == 2

    @pytest.mark.parametrize("words", [["waiting", "--older-than", "1d"], ["failed"], ["failed", "--older-than", "1"]])
    def test_bad_input_never_deletes_more_than_was_meant(self, words: list[str]) -> None:
        job_in(State.FAILED, finished_at=timezone.now() - timedelta(days=400))
        refused("jobs", "clean", *words, "--yes")
        assert Job.objects.count() == 1


class TestQueues:
    def test_a_queue_is_paused_listed_and_resumed(self) -> None:
        command("queues", "pause", "default", "--reason", "APNs is down", "--by", "ana", "--until", "2h")
        queue = Queue.objects.get()
        assert queue.resume_at is not None
        assert timedelta(minutes=119) < queue.resume_at - timezone.now() <= timedelta(hours=2)
        assert "by ana until" in command("queues", "list")
        assert command("queues", "resume", "default") == "The queue default runs again.\n"
        assert str(refused("queues", "resume", "default")) == "The queue default was not paused."

    def test_limits_are_set_all_at_once(self) -> None:
        text = command("queues", "limit", "default", "--at-once", "5", "--rate", "100", "--period", "1m")
        assert text == "The queue default runs 5 at once, 100 per 0:01:00.\n"
        command("queues", "limit", "default", "--at-once", "3")
        (listed,) = [one for one in json.loads(command("queues", "list", "--json")) if one["queue"] == "default"]
        assert (listed["max_active"], listed["rate"], listed["period"]) == (3, None, None)
        assert command("queues", "limit", "default", "--none") == "The queue default runs without limits.\n"

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (["limit", "default"], "Name the limits"),
            (["limit", "default", "--none", "--rate", "1"], "Name the limits"),
            (["limit", "default", "--rate", "1"], "A rate needs a period"),
            (["limit", "default", "--at-once", "0"], "is no whole number from 1"),
            (["pause", "nope", "--reason", "x"], "There is no queue “nope”"),
            (["pause", "default"], "--reason"),
        ],
    )
    def test_what_cannot_be_is_told_in_a_sentence(self, words: list[str], why: str) -> None:
        assert why in str(refused("queues", *words))


def test_the_commands_explain_themselves(capsys: Any) -> None:
    for words in (["jobs", "retry"], ["queues", "pause"]):
        with pytest.raises(SystemExit) as end:
            call_command(*words, "--help")
        assert end.value.code == 0
    assert "state:failed" in capsys.readouterr().out
