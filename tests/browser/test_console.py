from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from focusjobs.jobs.models import Job
from focusjobs.jobs.worker import drain
from habits.imports.sample import write_loop_sample
from habits.models import Habit, User
from tests import tasks
from tests.accounts import PASSWORD, superuser
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pulse")]


@pytest.fixture
def operator(page: Page, live_server: LiveServer) -> User:
    """Someone who has logged in."""
    user = superuser()
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Console")).to_be_visible()
    return user


def rows(page: Page) -> Locator:
    """The jobs in the list."""
    return page.get_by_role("row", name="Select this object")


def test_a_backup_is_uploaded_and_its_import_seen_to_complete(page: Page, operator: User, tmp_path: Path) -> None:
    path = tmp_path / "Loop Habits Backup.db"
    write_loop_sample(path, seed=3, today=date(2026, 3, 10), years=1)
    UserFactory(email="ana@example.com")

    page.get_by_role("row", name="Backups").get_by_role("link", name="Add").click()
    page.get_by_role("main").get_by_role("combobox", expanded=False).click()
    page.get_by_role("searchbox").last.fill("ana@")
    page.get_by_role("option", name="ana@example.com").click()
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("restores the habits of ana@example.com")).to_be_visible()
    expect(page.get_by_text("waits for a free worker of the queue “imports”")).to_be_visible()
    drain("imports")

    # The page is still open: it brings the news by itself.
    expect(page.get_by_text("habits.import_backup for ana@example.com completed")).to_have_count(2)
    expect(page.get_by_role("status")).to_contain_text("completed")
    expect(page.get_by_role("region", name="Result")).to_contain_text(f'"habits_created": {Habit.objects.count()}')
    expect(page.get_by_role("region", name="Log")).to_contain_text("Loop Habits Backup.db")


def test_a_failed_job_is_found_read_and_retried(page: Page, operator: User) -> None:
    tasks.fail_first.using(attempts=1).enqueue(times=1)
    tasks.add.enqueue(x=1, y=2)
    drain("default")

    page.get_by_role("link", name="Jobs", exact=True).last.click()
    page.get_by_role("navigation", name="States").get_by_role("link", name="failed 1").click()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("link", name="tests.fail_first").click()
    reasons = page.get_by_role("region", name="Why it failed")
    expect(reasons).to_contain_text("RuntimeError: attempt 1")
    expect(reasons).to_contain_text('raise RuntimeError(f"attempt {current_job().attempt}")')
    page.get_by_role("button", name="Retry this job").click()
    expect(page.get_by_text("waits for its next attempt")).to_be_visible()
    drain("default")

    expect(page.get_by_role("region", name="Result")).to_contain_text("2")
    story = page.get_by_role("region", name="What happened")
    expect(story).to_contain_text(f"Retried by {operator.email}")
    expect(story).to_contain_text("Attempt 2 completed")


def test_picked_jobs_are_retried_after_a_page_that_names_the_number(page: Page, operator: User) -> None:
    for number in range(3):
        tasks.fail.using(attempts=1).enqueue(message=f"boom {number}")
    drain("default")

    page.get_by_role("link", name="Jobs", exact=True).last.click()
    for number in range(2):
        rows(page).filter(has_text=f"boom {number}").get_by_role("checkbox").check()
    expect(page.get_by_text("2 of 3 selected")).to_be_visible()
    page.get_by_role("button", name="Retry …").click()
    expect(page.get_by_role("link", name="Back, change nothing")).to_be_focused()
    page.get_by_label("Reason").fill("the push service is back")
    page.get_by_role("button", name="Retry 2 jobs").click()

    expect(page.get_by_text("2 jobs retried.")).to_be_visible()
    assert sorted(Job.objects.values_list("state", flat=True)) == ["failed", "waiting", "waiting"]


def test_a_job_is_cancelled_with_a_reason_while_its_page_keeps_itself_fresh(page: Page, operator: User) -> None:
    job = tasks.add.enqueue(x=1, y=2)

    page.get_by_role("link", name="Jobs", exact=True).last.click()
    page.get_by_role("link", name="tests.add").click()
    page.get_by_text("Cancel this job …").click()
    page.get_by_label("Reason").fill("a mistake")
    page.get_by_role("button", name="Cancel it now").click()

    expect(page.get_by_text(f"Job {job.id} is cancelled.")).to_be_visible()
    expect(page.get_by_text(f"Cancelled by {operator.email}: a mistake").first).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_its_screen(page: Page, operator: User, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    job = tasks.fail.using(attempts=1).enqueue(message="a_long_word_" * 40)
    drain("default")

    for address in ("jobs/job/", f"jobs/job/{job.id}/change/"):
        page.goto(page.url.split("/admin/")[0] + f"/admin/{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
