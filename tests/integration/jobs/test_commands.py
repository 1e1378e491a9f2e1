"""`manage.py jobs` and `manage.py queues`, as people and programs use them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.models import Attempt, Job, LogLine, Operation, Queue
from tests.factories import UserFactory

from .commands import command, refused
from .rows import job_in

pytestmark = pytest.mark.django_db


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

    def test_secrets_are_hidden_unless_they_are_revealed_which_is_kept(self) -> None:
        job = job_in(State.FAILED, arguments={"x": 1, "token": "t"})
        assert json.loads(command("jobs", "show", str(job.pk), "--json"))["arguments"] == {"x": 1, "token": "•••"}
        assert "'token': 't'" not in command("jobs", "list", "--json")
        answer = json.loads(command("jobs", "show", str(job.pk), "--reveal", "--reason", "asked to", "--json"))
        assert answer["arguments"] == {"x": 1, "token": "t"}
        assert Operation.objects.get().action == "reveal"

    def test_a_job_says_why_it_is_not_running_and_who_did_what(self) -> None:
        job = job_in(State.FAILED, attempt=1)
        command("jobs", "retry", str(job.pk), "--reason", "APNs was away")
        text = command("jobs", "show", str(job.pk))
        assert "No live worker takes the queue “default”." in text
        assert "at the command line in operation" in text
        assert ": APNs was away" in text

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
        for module in ("looking.backlog", "cli.reading"):
            monkeypatch.setattr(f"focusjobs.jobs.{module}.CAP", 2)
        for _ in range(3):
            job_in(State.WAITING)
        assert command("jobs", "counts").count("2+") == 2


class TestUpkeep:
    def test_an_edit_is_kept_with_the_job_that_it_made(self) -> None:
        job = job_in(State.FAILED)
        answer = json.loads(command("jobs", "edit", str(job.pk), "--set", "y=7", "--reason", "typo", "--json"))
        operation = Operation.objects.get()
        assert (answer["operation"], operation.reason, operation.subject) == (operation.pk, "typo", f"job:{job.pk}")
        assert set(operation.jobs.values_list("job", flat=True)) == {job.pk, answer["id"]}

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
        job_in(State.DELAYED)
        job_in(State.WAITING, queue="imports")
        assert command("jobs", "drain", "default", "--dry-run") == "2 jobs match; 2 would be cancelled.\n"
        assert "2 would be cancelled. Say --yes" in str(refused("jobs", "drain", "default"))
        assert command("jobs", "drain", "default", "--yes") == "2 jobs cancelled.\n"
        assert command("jobs", "drain", "default", "--delayed", "--yes") == "1 job cancelled.\n"
        assert Job.objects.get(queue="imports").state == "waiting"

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
        UserFactory(email="ana@example.com", is_superuser=True)
        command("queues", "pause", "default", "--reason", "APNs is down", "--as", "ana@example.com", "--until", "2h")
        queue = Queue.objects.get()
        assert queue.resume_at is not None
        assert timedelta(minutes=119) < queue.resume_at - timezone.now() <= timedelta(hours=2)
        assert "by ana@example.com until" in command("queues", "list")
        assert command("queues", "resume", "default") == "The queue default runs again.\n"
        assert str(refused("queues", "resume", "default")) == "The queue default was not paused."

    def test_limits_are_set_all_at_once(self) -> None:
        text = command("queues", "limit", "default", "--at-once", "5", "--rate", "100", "--period", "1m")
        assert text == "The queue default runs 5 at once, 100 per 0:01:00.\n"
        command("queues", "limit", "default", "--at-once", "3")
        (listed,) = [one for one in json.loads(command("queues", "list", "--json")) if one["queue"] == "default"]
        assert (listed["max_active"], listed["rate"], listed["period"]) == (3, None, None)
        assert command("queues", "limit", "default", "--none") == "The queue default runs without limits.\n"

    def test_what_was_done_is_kept(self) -> None:
        command("queues", "pause", "default", "--reason", "APNs is down")
        command("queues", "limit", "default", "--at-once", "5")
        command("queues", "resume", "default")
        kept = Operation.objects.order_by("pk").values_list("action", "subject", "reason")
        assert list(kept) == [
            ("pause", "queue:default", "APNs is down"),
            ("limit", "queue:default", ""),
            ("resume", "queue:default", ""),
        ]

    def test_a_queue_is_given_a_time_that_jobs_may_wait(self) -> None:
        assert command("queues", "expect", "imports", "--wait", "5m") == (
            "A due job of the queue imports may wait for 0:05:00.\n"
        )
        assert command("queues", "expect", "imports").endswith("may wait for 0:01:00.\n")

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (["limit", "default"], "Name the limits"),
            (["limit", "default", "--none", "--rate", "1"], "Name the limits"),
            (["limit", "default", "--rate", "1"], "A rate needs a period"),
            (["limit", "default", "--at-once", "0"], "is no whole number from 1"),
            (["pause", "nope", "--reason", "x"], "There is no queue “nope”"),
            (["pause", "default"], "Say why with --reason"),
            (["expect", "nope"], "There is no queue “nope”"),
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
