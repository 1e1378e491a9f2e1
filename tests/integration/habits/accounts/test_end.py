"""Deleting one's account: it takes proof, works at once, cannot be undone, and leaves nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from focusjobs.jobs import error_groups
from focusjobs.jobs.models import ErrorGroup, Job
from habits.accounts.closing import close_account
from habits.accounts.tokens import issue_token
from habits.erasing import ERASED, LATE, erase
from habits.models import ApiToken, Habit, Letter, User
from habits.tasks import erase_account, tidy_accounts
from tests import tasks
from tests.factories import HabitFactory, UserFactory
from tests.integration.habits.everything import jobs_of, links_to, person_with_everything, tables_with
from tests.integration.habits.problems import problem_of
from tests.integration.jobs.drains import drain

pytestmark = pytest.mark.django_db

AUTH = "/api/v1/auth/app/v1/auth"
EMAIL, PASSWORD = "ada@example.com", "a-long-walk-in-the-rain"


@pytest.fixture
def token(client: Client) -> str:
    body = {"email": EMAIL, "password": PASSWORD}
    answer = client.post(f"{AUTH}/signup", body, content_type="application/json")
    return str(answer.json()["meta"]["session_token"])


def phone(token: str) -> APIClient:
    return APIClient(headers={"X-Session-Token": token}, raise_request_exception=False)


def delete(token: str, **body: str) -> Any:
    return phone(token).delete("/api/v1/me", body)


# --- Proof -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{}, {"password": "not-it"}, {"password": ""}])
def test_an_account_is_not_deleted_without_its_password(token: str, body: dict[str, str]) -> None:
    assert problem_of(delete(token, **body), 403)["code"] == "reauthentication_required"
    assert User.objects.get().is_active


def test_logging_in_again_just_before_is_proof_for_five_minutes(token: str) -> None:
    body = {"password": PASSWORD}
    again = Client().post(f"{AUTH}/reauthenticate", body, "application/json", headers={"X-Session-Token": token})
    assert again.status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        assert delete(token).status_code == 403
    assert delete(token).status_code == 202


def test_a_session_token_as_bearer_is_as_good(token: str) -> None:
    Client().post(
        f"{AUTH}/reauthenticate", {"password": PASSWORD}, "application/json", headers={"X-Session-Token": token}
    )
    assert APIClient(headers={"Authorization": f"Bearer {token}"}).delete("/api/v1/me", {}).status_code == 202


def test_an_api_token_alone_is_no_proof(token: str) -> None:
    script = APIClient(headers={"Authorization": f"Bearer {issue_token(User.objects.get())}"})
    assert problem_of(script.delete("/api/v1/me", {}), 403)["code"] == "reauthentication_required"
    assert script.delete("/api/v1/me", {"password": PASSWORD}).status_code == 202


def test_members_of_the_staff_are_not_deleted_this_way(token: str) -> None:
    User.objects.update(is_staff=True)
    assert problem_of(delete(token, password=PASSWORD), 403)["code"] == "staff_account"
    assert User.objects.get().is_active


def test_guessing_the_password_is_limited(token: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "guess"}}
    monkeypatch.setattr("habits.views.throttles.AccountRate.THROTTLE_RATES", {"account": "2/hour"})
    answers = [delete(token, password="not-it") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert int(answers[2]["Retry-After"]) > 3000
    assert phone(token).get("/api/v1/me").status_code == 200


# --- At once ---------------------------------------------------------------------------------------------------------


def test_the_account_is_unusable_at_once(token: str, client: Client) -> None:
    user = User.objects.get()
    script = issue_token(user)
    body = {"email": EMAIL, "password": PASSWORD}
    other = Client().post(f"{AUTH}/login", body, content_type="application/json").json()["meta"]["session_token"]

    answer = delete(token, password=PASSWORD)

    assert (answer.status_code, answer.json()) == (202, {"job": Job.objects.get(task=erase_account.name).pk})
    assert [phone(session).get("/api/v1/me").status_code for session in (token, other)] == [401, 401]
    assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {script}"}).status_code == 401
    assert Client().post(f"{AUTH}/login", body, content_type="application/json").status_code == 400
    user.refresh_from_db()
    assert (user.is_active, user.has_usable_password()) == (False, False)
    assert not ApiToken.objects.exists()
    assert tables_with(token) == set()


def test_the_reset_of_a_password_does_not_open_it_again(token: str) -> None:
    delete(token, password=PASSWORD)
    Client().post(f"{AUTH}/password/request", {"email": EMAIL}, content_type="application/json")
    assert not any("/reset-password/" in letter.text for letter in Letter.objects.all())


def test_an_operator_cannot_open_it_again(token: str) -> None:
    delete(token, password=PASSWORD)
    user = User.objects.get()
    user.is_active = True
    with pytest.raises(ValidationError, match="cannot be opened again"):
        user.clean()
    with pytest.raises(IntegrityError, match="user_closed_stays_closed"), transaction.atomic():
        user.save()


def test_closing_it_twice_makes_one_job() -> None:
    user = UserFactory()
    assert close_account(user).id == close_account(user).id


def test_an_account_whose_job_was_lost_is_erased_by_the_next_round() -> None:
    late, fresh, user = UserFactory(), UserFactory(), UserFactory()
    for closed in (late, fresh):
        close_account(closed)
    Job.objects.all()._raw_delete("default")
    User.objects.filter(pk=late.pk).update(closed_at=timezone.now() - LATE)

    assert tidy_accounts()["accounts"] == 1
    assert [job.arguments for job in Job.objects.filter(task=erase_account.name)] == [{"user_id": late.pk}]
    erase(late.pk)
    assert set(User.objects.values_list("pk", flat=True)) == {fresh.pk, user.pk}


def test_an_account_that_is_open_is_not_erased() -> None:
    user = UserFactory()
    assert erase(user.pk) == {}
    assert User.objects.filter(pk=user.pk).exists()


# --- Nothing left ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("bells", "pulse")
def test_nothing_of_an_erased_account_is_left_in_any_table_and_others_keep_all_of_theirs() -> None:
    user, other = person_with_everything("zanzibar7"), person_with_everything("madagascar8")
    kept, marked = links_to(other.pk), tables_with("madagascar8")
    assert set(kept) == set(links_to(user.pk))
    assert len(kept) > 25

    close_account(user)
    drain()

    assert Job.objects.get(task=erase_account.name).state == "completed"
    assert links_to(user.pk) == {}
    assert tables_with("zanzibar7") == set()
    assert links_to(other.pk) == kept
    assert tables_with("madagascar8") == marked


@pytest.mark.usefixtures("bells", "pulse")
def test_the_jobs_of_an_erased_account_go_with_their_arguments_results_errors_and_logs() -> None:
    user, other = UserFactory(), UserFactory()
    for person, word in ((user, "zanzibar7"), (other, "madagascar8")):
        tasks.give_back.using(user=person).enqueue(value=word)
        tasks.fail.using(user=person, attempts=1).enqueue(message=f"“{word}” was not found")
        tasks.steer.using(user=person).enqueue(how="snooze")
        drain()
        tasks.give_back.using(user=person).enqueue(value=f"{word} waits")
    held = tasks.give_back.using(user=user).enqueue(value="zanzibar7 is held")
    Job.objects.filter(pk=held.id).update(state="active", leased_until=timezone.now(), fence=1, attempt=1)
    error_groups.fold()
    ErrorGroup.objects.update(last_job_id=max(job.pk for job in jobs_of(user) if job.error), last_error="“zanzibar7”")
    tables = {"jobs_job", "jobs_attempt", "django_celery_results_taskresult", "jobs_errorgroup"}
    assert tables <= tables_with("zanzibar7")
    left = [(job.pk, job.state) for job in jobs_of(other)]

    User.objects.filter(pk=user.pk).update(closed_at=timezone.now(), is_active=False)
    erase(user.pk)

    assert tables_with("zanzibar7") == set()
    assert [(job.pk, job.state) for job in jobs_of(other)] == left


def test_the_log_of_the_admin_keeps_the_act_and_not_the_name() -> None:
    user, operator = UserFactory(email="zanzibar7@example.com"), UserFactory(is_staff=True)
    habit = HabitFactory(user=user, name="zanzibar7")
    for row in (user, habit):
        LogEntry.objects.create(
            user=operator,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message="zanzibar7",
        )
    close_account(user)
    erase(user.pk)

    assert (
        list(LogEntry.objects.values_list("object_repr", "change_message", "user")) == [(ERASED, "", operator.pk)] * 2
    )
    assert tables_with("zanzibar7") == set()


def test_an_account_that_an_operator_deletes_goes_in_the_same_way() -> None:
    user = UserFactory()
    HabitFactory(user=user)
    tasks.give_back.using(user=user).enqueue(value="zanzibar7")
    user.delete()
    assert (Habit.objects.count(), Job.objects.count()) == (0, 0)
