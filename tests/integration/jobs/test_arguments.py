"""Arguments that are hidden, revealed to whoever may see them, and filters that people keep."""

from __future__ import annotations

import pytest

from focusjobs.jobs import operations
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.domain.redaction import HIDDEN
from focusjobs.jobs.errors import OperationRefused, QueryError
from focusjobs.jobs.looking import arguments, saved_filters
from focusjobs.jobs.models import Operation
from focusjobs.jobs.operations import Actor
from tests import tasks
from tests.factories import UserFactory

from .rows import job_in

pytestmark = pytest.mark.django_db

ANA = Actor(name="Ana", source="command")


class TestHiding:
    def test_secrets_and_what_the_task_names_are_hidden(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks.add, "redact", ("x",))
        job = job_in(State.FAILED, arguments={"x": 1, "y": 2, "token": "t"})
        assert arguments.shown(job) == {"x": HIDDEN, "y": 2, "token": HIDDEN}
        assert arguments.has_hidden(job)

    def test_a_task_that_is_gone_hides_its_secrets(self) -> None:
        job = job_in(State.FAILED, task="gone.task", arguments={"x": 1, "password": "p"})
        assert arguments.shown(job) == {"x": 1, "password": HIDDEN}

    def test_where_nothing_is_hidden_nothing_can_be_revealed(self) -> None:
        assert not arguments.has_hidden(job_in(State.FAILED))

    def test_results_of_tasks_are_treated_alike(self) -> None:
        assert arguments.shown_text("tests.add", '{"token": "t", "x": 1}') == f'{{"token": "{HIDDEN}", "x": 1}}'
        assert arguments.shown_text("tests.add", "{'token': 't'}") == "not shown: it is no JSON"

    def test_whoever_reveals_them_is_kept(self) -> None:
        job = job_in(State.FAILED, arguments={"token": "t"})
        assert operations.reveal(ANA, job, "asked by the person") == {"token": "t"}
        operation = Operation.objects.get()
        assert (operation.action, operation.subject, operation.actor_name) == ("reveal", f"job:{job.pk}", "Ana")
        assert operation.reason == "asked by the person"


class TestSavedFilters:
    def test_people_see_their_own_and_those_for_all(self) -> None:
        ana, ben = UserFactory(), UserFactory()
        own = saved_filters.save(ana, "mine", "state:failed")
        shared = saved_filters.save(ben, "for all", "queue:imports", shared=True)
        saved_filters.save(ben, "his", "queue:default")
        assert set(saved_filters.visible_to(ana)) == {own, shared}

    def test_a_name_that_one_had_gets_the_new_filter(self) -> None:
        ana = UserFactory()
        saved_filters.save(ana, "mine", "state:failed")
        saved_filters.save(ana, " mine ", "state:cancelled", shared=True)
        (kept,) = saved_filters.visible_to(ana)
        assert (kept.name, kept.query, kept.shared) == ("mine", "state:cancelled", True)

    def test_only_ones_own_can_be_deleted(self) -> None:
        ana, ben = UserFactory(), UserFactory()
        shared = saved_filters.save(ben, "for all", "queue:imports", shared=True)
        assert not saved_filters.delete(ana, shared.pk)
        assert saved_filters.delete(ben, shared.pk)

    @pytest.mark.parametrize(("name", "query"), [("", "state:failed"), ("n" * 101, "state:failed"), ("n", " ")])
    def test_what_cannot_be_kept_is_refused(self, name: str, query: str) -> None:
        with pytest.raises(OperationRefused):
            saved_filters.save(UserFactory(), name, query)

    def test_a_filter_that_is_not_understood_is_not_kept(self) -> None:
        with pytest.raises(QueryError):
            saved_filters.save(UserFactory(), "n", "stat:failed")

    def test_nobody_keeps_them_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(saved_filters, "MOST", 1)
        ana = UserFactory()
        saved_filters.save(ana, "a", "state:failed")
        with pytest.raises(OperationRefused, match="already"):
            saved_filters.save(ana, "b", "state:failed")
        saved_filters.save(ana, "a", "state:cancelled")
