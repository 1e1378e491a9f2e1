"""`manage.py jobs retry` and its kin, `manage.py operations`, `manage.py errors`."""

from __future__ import annotations

import io
import json
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from focusjobs.jobs import error_groups, interventions, ledger
from focusjobs.jobs.cli.output import Bar
from focusjobs.jobs.domain.fingerprint import Mistake
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.models import ErrorGroup, Job, Operation
from focusjobs.jobs.operations import running
from tests import tasks
from tests.factories import UserFactory

from .commands import command, refused
from .conftest import claim, ended
from .rows import job_in

pytestmark = pytest.mark.django_db

AT_ONCE = ("--yes", "--reason", "APNs was away", "--hold", "0s")


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
            f"Job {held.pk} was not retried: it has expired, is not worth it, or another job holds its unique key. "
            "There is no job 123456."
        )
        failed.refresh_from_db()
        assert failed.state == "waiting"

    def test_a_filter_moves_all_that_matches(self) -> None:
        for _ in range(3):
            job_in(State.FAILED)
        job_in(State.CANCELLED)
        assert command("jobs", "retry", "--filter", "state:failed", *AT_ONCE) == "3 jobs retried.\n"
        assert Job.objects.filter(state="cancelled").count() == 1

    def test_a_dry_run_counts_and_changes_nothing(self) -> None:
        job_in(State.FAILED)
        job_in(State.COMPLETED)
        text = command("jobs", "retry", "--filter", "task:tests.*", "--dry-run")
        assert text == "2 jobs match; 1 would be retried, not these: 1 completed.\n"
        answer = json.loads(command("jobs", "retry", "--filter", "task:tests.*", "--dry-run", "--json"))
        assert (answer["matched"], answer["eligible"], answer["skipped"]) == (2, 1, {"completed": 1})
        rate = command("jobs", "retry", "state:failed", "--dry-run", "--rate", "0.1")
        assert rate == "1 job matches; 1 would be retried. That takes about 0:00:10.\n"
        assert not Job.objects.filter(state="waiting").exists()

    def test_without_yes_and_a_terminal_nothing_is_done_and_the_number_is_told(self) -> None:
        job_in(State.FAILED)
        refusal = refused("jobs", "retry", "--filter", "state:failed")
        assert str(refusal).startswith("1 job matches; 1 would be retried. Say --yes")
        assert Job.objects.get().state == "failed"

    @pytest.mark.parametrize(("answer", "state"), [("y", "delayed"), ("", "failed"), ("no", "failed")])
    def test_at_a_terminal_it_asks(self, monkeypatch: pytest.MonkeyPatch, answer: str, state: str) -> None:
        job_in(State.FAILED)
        answers = {"Why? ": "APNs was away"}
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question: answers.get(question, answer))
        if state == "delayed":
            command("jobs", "retry", "--filter", "state:failed")
            assert Operation.objects.get().reason == "APNs was away"
        else:
            assert str(refused("jobs", "retry", "--filter", "state:failed")) == "Nothing was done."
        assert Job.objects.get().state == state

    def test_many_jobs_need_a_reason(self) -> None:
        for _ in range(2):
            job_in(State.FAILED)
        assert str(refused("jobs", "retry", "state:failed", "--yes")).startswith("Give a reason")

    def test_what_a_filter_retried_waits_and_can_be_undone_meanwhile(self) -> None:
        job_in(State.FAILED)
        text = command("jobs", "retry", "state:failed", "--yes", "--reason", "why")
        number = Operation.objects.get().pk
        assert text.startswith("1 job retried.\nThey run from ")
        assert f"`manage.py operations undo {number}` puts all of them back." in text

    def test_canaries_that_fail_stop_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(4):
            job_in(State.FAILED)
        advance = running.advance

        def advance_with_a_worker(number: int, seconds: float) -> bool:
            more = advance(number, seconds)
            ledger.finish([ended(held, State.FAILED, outcome="failed") for held in claim(10)])
            return more

        monkeypatch.setattr("focusjobs.jobs.operations.advance", advance_with_a_worker)
        refusal = refused("jobs", "retry", "state:failed", "--canary", "2", *AT_ONCE)
        number = Operation.objects.get().pk
        assert str(refusal) == (f"2 of 2 canaries failed again. Do the rest with `manage.py operations rest {number}`.")
        assert refusal.returncode == 1

    def test_a_worker_can_be_left_to_do_it(self) -> None:
        for _ in range(3):
            job_in(State.FAILED)
        text = command("jobs", "retry", "state:failed", "--background", "--yes", "--reason", "why")
        number = Operation.objects.get().pk
        assert text == f"Operation {number} has begun; `manage.py operations show {number}` says how far it is.\n"

    @pytest.mark.parametrize(
        "words", [[], ["--filter", ""], ["--filter", "  "], ["1", "--filter", "state:failed"], ["x"]]
    )
    def test_no_jobs_or_an_empty_filter_never_mean_all_jobs(self, words: list[str]) -> None:
        job = job_in(State.FAILED)
        assert any(why in str(refused("jobs", "retry", "--yes", *words)) for why in ("one of the two", "neither a job"))
        job.refresh_from_db()
        assert job.state == "failed"

    def test_ctrl_c_stops_after_the_batch_under_way_and_says_where_to_go_on(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "BATCH", 2)
        monkeypatch.setattr("focusjobs.jobs.cli.following.SLICE", 1e-9)
        retry = interventions.retry

        def interrupted(ids: list[int], **options: Any) -> set[int]:
            signal.raise_signal(signal.SIGINT)
            return retry(ids, **options)

        for _ in range(5):
            job_in(State.FAILED)
        monkeypatch.setattr(interventions, "retry", interrupted)
        refusal = refused("jobs", "retry", "--filter", "state:failed", *AT_ONCE)
        assert refusal.returncode == 130
        assert Job.objects.filter(state="waiting").count() == 2
        monkeypatch.setattr(interventions, "retry", retry)
        number = str(refusal).split("operations rest ")[1].strip("`.")
        assert command("operations", "rest", number).startswith("3 jobs retried")

    def test_cancelling_takes_a_reason_and_active_jobs_only_when_told_to(self) -> None:
        waiting, active = job_in(State.WAITING), job_in(State.ACTIVE)
        assert "it is active" in str(refused("jobs", "cancel", str(waiting.pk), str(active.pk), "--reason", "enough"))
        waiting.refresh_from_db()
        assert waiting.state == "cancelled"
        assert waiting.error.endswith(f"at the command line in operation {Operation.objects.get().pk}: enough")
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
        answer = json.loads(command("jobs", "retry", str(failed.pk), "--json"))
        assert answer == {"operation": Operation.objects.get().pk, "changed": [failed.pk], "left_alone": {}}
        job_in(State.FAILED)
        answer = json.loads(command("jobs", "retry", "--filter", "state:failed", "--json", *AT_ONCE))
        assert (answer["seen"], answer["done"], answer["state"]) == (1, 1, "finished")
        done.refresh_from_db()
        assert done.state == "completed"


class TestOperations:
    def test_they_are_listed_and_shown(self) -> None:
        job_in(State.FAILED)
        command("jobs", "retry", "state:failed", *AT_ONCE)
        operation = Operation.objects.get()
        line = command("operations", "list").splitlines()[1]
        assert line.startswith(str(operation.pk))
        assert line.endswith("retry  state:failed  finished     1  APNs was away")
        (listed,) = json.loads(command("operations", "list", "--json"))
        assert (listed["operation"], listed["done"], listed["reason"]) == (operation.pk, 1, "APNs was away")
        assert "APNs was away" in command("operations", "show", str(operation.pk))
        assert str(refused("operations", "show", "999999")) == "There is no operation 999999."

    def test_previews_and_reveals_are_left_out_unless_all_are_wanted(self) -> None:
        job = job_in(State.FAILED)
        command("jobs", "show", str(job.pk), "--reveal")
        refused("jobs", "retry", "state:failed", "--reason", "why")
        assert json.loads(command("operations", "list", "--json")) == []
        assert len(json.loads(command("operations", "list", "--all", "--json"))) == 2

    def test_one_is_undone(self) -> None:
        job_in(State.FAILED)
        command("jobs", "retry", "state:failed", "--yes", "--reason", "why")
        number = str(Operation.objects.get().pk)
        assert command("operations", "undo", number) == "1 job retried, 1 of them put back.\n"
        assert Job.objects.get().state == "failed"
        assert "is undone" in str(refused("operations", "undo", number))
        assert command("operations", "rest", number).startswith("1 job retried.")

    def test_one_is_stopped(self) -> None:
        for _ in range(3):
            job_in(State.FAILED)
        command("jobs", "retry", "state:failed", "--yes", "--reason", "why", "--rate", "1")
        number = str(Operation.objects.get().pk)
        assert command("operations", "stop", number, "--reason", "enough") == "3 jobs retried, 3 of them put back.\n"
        assert Operation.objects.get().message.endswith("at the command line: enough")


class TestErrors:
    @pytest.fixture
    def group(self) -> ErrorGroup:
        tasks.add.enqueue(x=1, y=2)
        mistake = Mistake("tests.add", "ValueError", "habit <number> is gone", "tests/tasks.py:add")
        ledger.finish([ended(held, State.FAILED, outcome="failed", mistake=mistake) for held in claim(1)])
        ledger.promote()
        error_groups.fold()
        return ErrorGroup.objects.get()

    def test_they_are_listed_and_shown(self, group: ErrorGroup) -> None:
        line = command("errors", "list").splitlines()[1]
        assert line.startswith(group.fingerprint[:8])
        assert line.endswith("tests.add  ValueError: habit <number> is gone")
        shown = json.loads(command("errors", "show", group.fingerprint[:5], "--json"))
        assert (shown["group"], shown["jobs"], shown["state"]) == (group.fingerprint, 1, "open")
        assert json.loads(command("errors", "list", "--state", "fixed", "--json")) == []

    def test_they_are_sorted(self, group: ErrorGroup) -> None:
        name = group.fingerprint
        UserFactory(email="ana@example.com")
        assert json.loads(command("errors", "fix", name, "--release", "1.5", "--json"))["fixed_in"] == "1.5"
        assert json.loads(command("errors", "ignore", name, "--until", "2h", "--json"))["state"] == "ignored"
        assert json.loads(command("errors", "reopen", name, "--json"))["state"] == "open"
        assert (
            json.loads(command("errors", "assign", name, "--to", "ana@example.com", "--json"))["assignee"] is not None
        )
        assert "see Monday" in command("errors", "note", name, "see Monday")
        assert Operation.objects.count() == 5

    def test_one_that_there_is_not_is_told_in_a_sentence(self) -> None:
        assert "There is no error group that begins with “ab12”" in str(refused("errors", "fix", "ab12"))

    def test_its_jobs_are_retried_by_its_name(self, group: ErrorGroup) -> None:
        text = f"group:{group.fingerprint[:6]}"
        assert command("jobs", "retry", text, "--dry-run") == "1 job matches; 1 would be retried.\n"
        assert command("jobs", "retry", text, *AT_ONCE) == "1 job retried.\n"


class TestRights:
    def support(self) -> None:
        user = UserFactory(email="sue@example.com")
        user.user_permissions.set(Permission.objects.filter(codename="retry_job"))

    def test_an_account_that_is_named_has_its_rights_only(self) -> None:
        self.support()
        job, waiting = job_in(State.FAILED), job_in(State.WAITING)
        sue = ("--as", "sue@example.com", "--reason", "asked to")
        command("jobs", "retry", str(job.pk), *sue)
        assert Operation.objects.get().actor_name == "sue@example.com"
        assert "no right to cancel jobs" in str(refused("jobs", "cancel", str(waiting.pk), *sue))
        assert "no right to pause or limit queues" in str(refused("queues", "pause", "default", *sue))
        assert "no right to retry jobs with other arguments" in str(
            refused("jobs", "edit", str(job.pk), "--set", "y=1", *sue)
        )
        assert "no right to see personal arguments" in str(refused("jobs", "show", str(job.pk), "--reveal", *sue))
        assert "no right to sort errors" in str(refused("errors", "fix", "ab12", *sue))

    def test_it_cannot_retry_more_than_it_may(self) -> None:
        self.support()
        for _ in range(21):
            job_in(State.FAILED)
        refusal = refused("jobs", "retry", "state:failed", "--yes", "--reason", "why", "--as", "sue@example.com")
        assert str(refusal) == "These are 21 jobs; you may retry 20 at once."
        assert not Job.objects.exclude(state="failed").exists()

    def test_an_account_that_there_is_not_is_told_in_a_sentence(self) -> None:
        job = job_in(State.FAILED)
        assert str(refused("jobs", "retry", str(job.pk), "--as", "no@example.com")) == (
            "There is no account “no@example.com”."
        )


class TestBar:
    def test_a_terminal_sees_a_line_that_is_drawn_anew_and_wiped_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        out = io.StringIO()
        monkeypatch.setattr(out, "isatty", lambda: True, raising=False)
        bar = Bar(out)
        bar.show(0, 10, "0 retried")
        bar.show(5, 10, "5 retried")
        bar.show(10, 0, "10 retried")
        bar.close()
        lines = out.getvalue().split("\r")
        assert [line.strip() for line in lines] == [
            "",
            f"{'░' * 30}   0% 0 retried",
            f"{'█' * 15}{'░' * 15}  50% 5 retried",
            f"{'█' * 30} 100% 10 retried",
            "",
            "",
        ]

    def test_a_file_sees_nothing(self) -> None:
        out = io.StringIO()
        bar = Bar(out)
        bar.show(1, 2, "half")
        bar.close()
        assert out.getvalue() == ""
