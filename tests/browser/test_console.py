"""What an operator does in the console, in a real browser."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from analytics.tasks import refresh_person
from focusjobs.jobs import error_groups
from focusjobs.jobs.models import Job, Operation, Queue
from focusjobs.jobs.operations import running
from focusjobs.jobs.worker.drain import drain
from habits.imports.sample import write_loop_sample
from habits.models import Habit
from tests import tasks
from tests.accounts import PASSWORD, person, superuser
from tests.factories import UserFactory

from .conftest import Login

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pulse")]


def rows(page: Page) -> Locator:
    """The jobs in the list."""
    return page.get_by_role("row").filter(has=page.get_by_role("checkbox", name="Pick job"))


def open_from_menu(page: Page, name: str) -> None:
    page.locator(".app-jobs th").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1, exact=True)).to_be_visible()


def fail(message: str, times: int = 1) -> None:
    for _ in range(times):
        tasks.fail.using(attempts=1).enqueue(message=message)
    drain("default")
    error_groups.fold()


def test_a_backup_is_uploaded_and_its_import_seen_to_complete(login: Login, tmp_path: Path) -> None:
    path = tmp_path / "Loop Habits Backup.db"
    write_loop_sample(path, seed=3, today=date(2026, 3, 10), years=1)
    UserFactory(email="ana@example.com")
    page = login(superuser())

    page.get_by_role("main").get_by_role("row", name="Backups").get_by_role("link", name="Add").click()
    page.get_by_role("main").get_by_role("combobox", expanded=False).click()
    page.get_by_role("searchbox").last.fill("ana@")
    page.get_by_role("option", name="ana@example.com").click()
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("restores the habits of ana@example.com")).to_be_visible()
    expect(page.get_by_text("Why is it not running?")).to_be_visible()
    drain("imports")

    # The page is still open: it brings the news by itself.
    expect(page.get_by_text("habits.import_backup for ana@example.com completed").first).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("completed")
    expect(page.get_by_role("region", name="Result")).to_contain_text(f'"habits_created": {Habit.objects.count()}')
    expect(page.get_by_role("list", name="Log of Attempt 1")).to_contain_text("Loop Habits Backup.db")


def change_argument(page: Page, before: str, after: str) -> None:
    page.get_by_role("button", name="Edit arguments …").click()
    arguments = page.get_by_label("Arguments, as JSON by name")
    arguments.fill(arguments.input_value().replace(before, after))
    page.get_by_role("button", name="Show what changes").click()
    made = page.get_by_role("button", name="Make the new job")
    made.click()
    expect(made).to_be_hidden()


def run_now(page: Page) -> None:
    promote = page.get_by_role("button", name="Run now")
    promote.click()
    expect(promote).to_be_hidden()
    drain("statistics")


def test_the_job_that_the_readme_breaks_is_mended_as_it_says(login: Login) -> None:
    someone = UserFactory()
    refresh_person.enqueue(user_id=someone.pk)
    drain("statistics")
    page = login(superuser())

    open_from_menu(page, "Jobs")
    page.get_by_role("link", name="analytics.refresh_person").first.click()
    change_argument(page, str(someone.pk), '"nobody"')
    drain("statistics")
    status = page.get_by_role("status").first
    expect(status).to_contain_text("expected a number but got 'nobody'")
    run_now(page)
    expect(status).to_contain_text("Attempt 3 of 5 is next")
    change_argument(page, '"nobody"', str(someone.pk))
    run_now(page)

    expect(status).to_contain_text("completed")


def test_a_failed_job_is_found_by_its_error_read_and_retried(login: Login) -> None:
    operator = superuser()
    tasks.fail_first.using(attempts=1).enqueue(times=1)
    fail("the tap drips")
    page = login(operator)

    open_from_menu(page, "Jobs")
    page.keyboard.press("/")
    page.keyboard.type('state:failed error:"attempt 1"')
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")

    story = page.get_by_role("region", name="What happened")
    expect(story).to_contain_text("RuntimeError: attempt 1")
    expect(story).to_contain_text('raise RuntimeError(f"attempt {current_job().attempt}")')
    page.get_by_role("button", name="Retry now").click()
    expect(page.get_by_text("waits for its next attempt")).to_be_visible()
    drain("default")

    expect(page.get_by_role("region", name="Result")).to_contain_text("2")
    expect(story).to_contain_text(f"Retried by {operator.email}")
    expect(story).to_contain_text("Attempt 2 completed")


def test_picked_jobs_are_retried_after_a_page_that_names_the_number(login: Login) -> None:
    for number in range(3):
        fail(f"boom {number}")
    page = login(superuser())

    open_from_menu(page, "Jobs")
    for number in range(2):
        rows(page).filter(has_text=f"boom {number}").get_by_role("checkbox").check()
    expect(page.get_by_text("2 of 3 picked")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Retry 2 jobs?")).to_be_visible()
    expect(page.get_by_role("link", name="Back, change nothing")).to_be_focused()
    page.get_by_label("Reason").fill("the push service is back")
    page.get_by_role("button", name="Retry 2 jobs").click()

    expect(page.get_by_text("Retry 2 jobs: the push service is back")).to_be_visible()
    assert sorted(Job.objects.values_list("state", flat=True)) == ["failed", "waiting", "waiting"]


def test_an_error_group_is_retried_with_canaries_and_the_rest_follows_when_they_complete(login: Login) -> None:
    tasks.fail_first.using(attempts=1).enqueue_many({"times": 1} for _ in range(8))
    drain("default")
    error_groups.fold()
    page = login(superuser())

    open_from_menu(page, "Error groups")
    page.get_by_role("link", name="RuntimeError").click()
    expect(page.get_by_text("8 jobs met it.")).to_be_visible()
    page.get_by_role("button", name="Retry the group …").click()
    expect(page.get_by_role("heading", name="Retry 8 jobs?")).to_be_visible()
    expect(page.get_by_text("5 jobs; the rest if few of them fail again")).to_be_visible()
    page.get_by_text("Go about it in another way").click()
    page.get_by_label("Held for seconds").fill("0")
    page.get_by_role("button", name="Count again").click()
    page.get_by_label("Reason").fill("mended in 1.5")
    page.get_by_role("button", name="Retry 8 jobs").click()

    expect(page.get_by_text("5 jobs went first.")).to_be_visible()
    assert Job.objects.filter(state="waiting").count() == 5
    drain("default")
    running.advance(Operation.objects.latest("pk").pk)  # as housekeeping does

    expect(page.get_by_text("8 of 8 looked at")).to_be_visible()
    drain("default")
    running.advance(Operation.objects.latest("pk").pk)
    expect(page.get_by_role("definition").filter(has_text="8").nth(1)).to_be_visible()
    assert set(Job.objects.filter(task=tasks.fail_first.name).values_list("state", flat=True)) == {"completed"}


def test_an_operator_logs_in_by_the_form(page: Page, live_server: LiveServer) -> None:
    operator = superuser()
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("E-mail address").fill(operator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="Console")).to_be_visible()


def test_a_retry_is_undone_before_anything_ran(login: Login) -> None:
    fail("the pipe is broken", 2)
    page = login(superuser())
    open_from_menu(page, "Jobs")
    page.locator("#jc-q").fill("state:failed")
    page.keyboard.press("Enter")
    page.get_by_text("All that match …", exact=True).click()
    page.get_by_role("button", name="Retry all that match …").click()
    page.get_by_label("Reason").fill("a try")
    page.get_by_role("button", name="Retry 2 jobs").click()
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("term").filter(has_text="put back")).to_be_visible()
    assert set(Job.objects.values_list("state", flat=True)) == {"failed"}


def test_a_queue_is_paused_with_a_reason_and_resumed(login: Login) -> None:
    page = login(superuser())

    open_from_menu(page, "Queues")
    page.get_by_text("Pause imports …").click()
    row = page.get_by_role("row", name="imports")
    row.get_by_label("Reason").fill("the disk is full")
    row.get_by_role("button", name="Pause imports").click()
    expect(page.get_by_text("is paused; what runs already goes on")).to_be_visible()
    expect(row).to_contain_text("the disk is full")
    assert Queue.objects.get(name="imports").resume_at is not None
    open_from_menu(page, "Overview")
    expect(page.get_by_role("main")).to_contain_text("The queue imports is paused by")
    open_from_menu(page, "Queues")
    row.get_by_role("button", name="Resume imports").click()

    expect(page.get_by_text("imports runs again.", exact=False)).to_be_visible()
    assert Queue.objects.get(name="imports").paused_at is None


def test_who_may_only_look_is_offered_nothing_to_press(login: Login) -> None:
    fail("the pipe is broken")
    looks = ("view_job", "view_queue", "view_errorgroup", "view_operation", "view_schedule", "view_worker")
    page = login(person(*(f"jobs.{right}" for right in looks)))
    job = Job.objects.get()

    for name in ("Overview", "Jobs", "Error groups", "Operations", "Queues", "Schedules", "Workers"):
        open_from_menu(page, name)
        expect(page.get_by_role("main").get_by_role("button", name="Retry")).to_have_count(0)
        expect(page.get_by_role("main").locator("summary", has_text="Pause")).to_have_count(0)
    open_from_menu(page, "Jobs")
    page.get_by_role("link", name=job.task).click()
    expect(page.get_by_text("Nothing more happens unless it is retried.").first).to_be_visible()
    for button in ("Retry now", "Edit arguments …", "Cancel …"):
        expect(page.get_by_text(button)).to_have_count(0)


def test_a_job_is_cancelled_with_a_reason_while_its_page_keeps_itself_fresh(login: Login) -> None:
    operator, job = superuser(), tasks.add.enqueue(x=1, y=2)
    page = login(operator)

    open_from_menu(page, "Jobs")
    page.get_by_role("link", name="tests.add").click()
    page.get_by_text("Cancel …").click()
    page.get_by_label("Reason").fill("a mistake")
    page.get_by_role("button", name="Cancel it now").click()

    expect(page.get_by_text(f"Job {job.id} is cancelled.")).to_be_visible()
    expect(page.get_by_text(f"Cancelled by {operator.email}").first).to_be_visible()


@pytest.mark.usefixtures("own_window")
def test_a_list_keeps_itself_fresh_but_not_under_the_hands_of_who_picks(login: Login) -> None:
    fail("first")
    page = login(superuser())
    page.clock.install()
    open_from_menu(page, "Jobs")
    expect(rows(page)).to_have_count(1)
    fail("second")
    page.clock.fast_forward("01:00")
    expect(rows(page)).to_have_count(2)

    rows(page).first.get_by_role("checkbox").check()
    fail("third")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "live=1" in request.url else None)
    page.clock.fast_forward("01:00")
    rows(page).first.get_by_role("checkbox").uncheck()
    assert asked == []  # none was under way while it was picked

    page.clock.fast_forward("01:00")
    expect(rows(page)).to_have_count(3)
    assert asked


@pytest.mark.usefixtures("own_window")
def test_without_scripts_everything_can_still_be_done(login: Login) -> None:
    fail("the pipe is broken")
    page = login(superuser())
    page.route("**/*.js", lambda route: route.abort())

    page.goto(page.url + "jobs/job/?q=state:failed")
    page.get_by_role("link", name="tests.fail").click()
    page.get_by_role("button", name="Retry now").click()

    expect(page.get_by_text("waits for its next attempt")).to_be_visible()
