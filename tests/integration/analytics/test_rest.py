"""Statistics, reports and focus sessions over REST."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from analytics.models import FocusSession, HabitState, UserMonth, UserWeek
from analytics.selectors import streak_events
from analytics.tasks import sum_up_months, sum_up_weeks
from focusjobs.jobs.models import Job
from habits import services
from habits.models import Habit, User
from habits.selectors import habits_of
from tests.factories import UserFactory
from tests.integration.habits.problems import errors_of, problem_of

from .people import MONDAY, after, at, close, make_habit, settle, tick

pytestmark = pytest.mark.django_db

API = "/api/v1"


def phone_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


def person(**fields: Any) -> tuple[User, Habit, APIClient]:
    with at(MONDAY):
        user = UserFactory(**fields)
        return user, make_habit(user, category="Sport"), phone_of(user)


def run_jobs() -> None:
    """Do what the waiting jobs about weeks and months would do."""
    for job in Job.objects.filter(task__startswith="analytics.sum_up").order_by("id"):
        {"analytics.sum_up_weeks": sum_up_weeks, "analytics.sum_up_months": sum_up_months}[job.task](**job.arguments)


# --- Habits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settled", [False, True])
def test_a_phone_sees_the_same_statistics_before_and_after_the_job(settled: bool) -> None:
    user, habit, api = person()
    with at(after(4)):
        close()
        tick(habit, after(1), after(2), after(3))
        if settled:
            settle(user)
        stats = api.get(f"{API}/habits/{habit.client_id}/stats").json()

    daily = 0.5 ** (1 / 13)  # what is left of the strength after a day without
    assert stats.pop("strength") == pytest.approx((1 - daily**3) * daily)
    rates, weekdays = stats.pop("rates"), stats.pop("weekdays")
    assert stats == {
        "as_of": "2026-03-06",
        "streak": {"days": 3, "start": "2026-03-03"},
        "best_streak": {"days": 3, "start": "2026-03-03"},
        "total": 3,
        "done_today": False,
        "due_today": True,
    }
    if settled:  # these are of closed days, which the job puts right
        assert rates == {"days_7": 0.75, "days_30": 0.75, "days_90": 0.75}
        assert weekdays == [0, 1, 1, 1, 0, 0, 0]


def test_a_habit_without_records_has_statistics_too() -> None:
    _, habit, api = person()
    with at(MONDAY):
        assert api.get(f"{API}/habits/{habit.client_id}/stats").json() == {
            "as_of": "2026-03-02",
            "strength": 0.0,
            "streak": {"days": 0, "start": None},
            "best_streak": {"days": 0, "start": None},
            "total": 0,
            "done_today": False,
            "due_today": True,
            "rates": {"days_7": None, "days_30": None, "days_90": None},
            "weekdays": [0] * 7,
        }


def test_the_heatmap_has_the_closed_days_that_are_asked_for() -> None:
    user, habit, api = person()
    with at(after(5)):
        tick(habit, after(3))
        settle(user)
        close()
        days = api.get(f"{API}/habits/{habit.client_id}/stats?days=2").json()["heatmap"]

    assert [(day["day"], day["due"], day["done"]) for day in days] == [
        ("2026-03-05", True, True),
        ("2026-03-06", True, False),
    ]
    assert errors_of(api.get(f"{API}/habits/{habit.client_id}/stats?days=732")) == [
        ("days", "Ensure this value is less than or equal to 731.")
    ]


def test_statistics_are_read_from_the_state_where_it_is_fresh() -> None:
    user, habit, api = person()
    with at(after(2)):
        tick(habit, MONDAY)
        settle(user)
        close()
        HabitState.objects.update(total=41)
        assert api.get(f"{API}/habits/{habit.client_id}/stats").json()["total"] == 41
        tick(habit, after(2))
        assert api.get(f"{API}/habits/{habit.client_id}/stats").json()["total"] == 2


def test_somebody_elses_habit_has_no_statistics() -> None:
    _, habit, _ = person()
    problem_of(phone_of(UserFactory()).get(f"{API}/habits/{habit.client_id}/stats"), 404)


# --- Days, weeks, months ---------------------------------------------------------------------------------------------


def test_today_tells_what_is_open_done_skipped_and_covered() -> None:
    user, _, api = person()
    with at(MONDAY):
        done, skipped = make_habit(user, name="done"), make_habit(user, name="skipped")
        make_habit(user, name="covered", weekdays=0b1111110)
        drink = make_habit(user, name="drink", kind="counted", target_value=8.0, unit="glasses")
        tick(done, MONDAY), tick(drink, MONDAY, value=3000)
        services.record_completion(habit=skipped, day=MONDAY, skipped=True)
        put_away = make_habit(user, name="archived")
        services.update_habit(habit=put_away, archived=True)
        today = api.get(f"{API}/stats/today").json()

    assert [(habit["name"], habit["status"], habit["current"], habit["target"]) for habit in today["habits"]] == [
        ("Run", "open", 0, 1),
        ("done", "done", 1, 1),
        ("skipped", "skipped", 0, 1),
        ("covered", "covered", 0, 1),
        ("drink", "open", 3, 8),
    ]
    assert {name: today[name] for name in ("day", "due", "done", "skipped", "open", "rate", "perfect")} == {
        "day": "2026-03-02",
        "due": 4,
        "done": 1,
        "skipped": 1,
        "open": 2,
        "rate": pytest.approx(1 / 3),
        "perfect": False,
    }


def test_today_costs_the_same_number_of_queries_for_one_habit_as_for_twenty(django_assert_num_queries: Any) -> None:
    user, _, api = person()
    with at(MONDAY):
        for _ in range(19):
            make_habit(user)
        with django_assert_num_queries(7):
            assert len(api.get(f"{API}/stats/today").json()["habits"]) == 20


def test_closed_days_are_listed_oldest_first_with_categories_and_focus() -> None:
    user, habit, api = person()
    with at(after(2)):
        tick(habit, MONDAY)
        settle(user)
        close()
        days = api.get(f"{API}/stats/days?from=2026-03-01&to=2026-03-31").json()["days"]

    assert [(day["day"], day["done"], day["categories"]) for day in days] == [
        ("2026-03-02", 1, {"Sport": [1, 1, 0]}),
        ("2026-03-03", 0, {"Sport": [1, 0, 0]}),
    ]
    assert days[0]["focus"] == {"seconds": 0, "sessions": 0, "longest": 0}


def test_a_day_tells_which_streaks_broke_and_which_reached_a_milestone() -> None:
    user, habit, api = person()
    with at(after(9)):
        tick(habit, *(after(n) for n in range(7)))
        settle(user)
        close()
        days = api.get(f"{API}/stats/days").json()["days"]
        events = streak_events(user, after(7))

    run = {"id": habit.client_id, "name": "Run"}
    assert {day["day"]: day["streaks"] for day in days if day["streaks"]} == {
        "2026-03-08": [{**run, "kind": "milestone", "days": 7}],
        "2026-03-09": [{**run, "kind": "broken", "days": 7}],
    }
    assert [(event.day, event.kind, event.days) for event in events] == [(after(7), "broken", 7)]


@pytest.mark.parametrize(
    ("query", "field"),
    [("from=2026-03-02&to=2026-03-01", "to"), ("from=2020-01-01&to=2026-01-01", "from"), ("to=tomorrow", "to")],
)
def test_a_range_that_makes_no_sense_is_refused(query: str, field: str) -> None:
    _, _, api = person()
    assert [name for name, _ in errors_of(api.get(f"{API}/stats/days?{query}"))] == [field]


def a_finished_week() -> tuple[User, Habit, APIClient]:
    user, habit, api = person(locale="de-AT")
    with at(after(7)):
        tick(habit, *(after(n) for n in (0, 1, 2, 3, 5)))
        settle(user)
        close()
        run_jobs()
    return user, habit, api


def test_a_week_is_summed_up_when_it_is_over() -> None:
    _, habit, api = a_finished_week()
    with at(after(7)):
        (week,) = api.get(f"{API}/stats/weeks").json()["weeks"]

    wanted = {"first_day": "2026-03-02", "last_day": "2026-03-08", "days": 7, "due": 7, "done": 5, "missed": 2}
    assert {name: week[name] for name in wanted} == wanted
    assert (week["perfect_days"], week["broken"], week["rate"]) == (5, 1, pytest.approx(5 / 7))
    assert (week["best_day"], week["worst_day"], week["best_weekday"]) == ("2026-03-02", "2026-03-06", 0)
    assert week["top"]["id"] == habit.client_id
    assert week["categories"] == {"Sport": [7, 5, 0]}
    assert week["slipping"] is None


def test_a_late_tick_is_in_the_week_and_the_month_that_are_over() -> None:
    user, habit, api = person()
    with at(after(35)):
        close()
        run_jobs()
        assert (UserWeek.objects.get(first_day=MONDAY).done, UserMonth.objects.get().done) == (0, 0)
        tick(habit, after(1))
        settle(user)
        months = api.get(f"{API}/stats/months").json()["months"]

    assert UserWeek.objects.get(first_day=MONDAY).done == 1
    assert [(month["first_day"], month["last_day"], month["done"]) for month in months] == [
        ("2026-03-01", "2026-03-31", 1)
    ]


def test_the_weekly_report_is_told_in_the_persons_language() -> None:
    user, _, api = a_finished_week()
    with at(after(7)):
        report = api.get(f"{API}/reports/weekly").json()
        of_day = api.get(f"{API}/reports/weekly?day=2026-03-05").json()

    assert report == of_day
    assert report["title"] == "Deine Woche, 2. bis 8. März 2026"
    assert report["text"].startswith("5 von 7 geschafft (71\u00a0%). 5 Tage waren perfekt.")
    assert report["html"].startswith("<table")
    assert report["svg"].startswith("<svg")
    assert habits_of(user).get().name in report["text"]


def test_a_week_that_is_not_over_has_no_report() -> None:
    _, _, api = person()
    with at(MONDAY):
        problem_of(api.get(f"{API}/reports/weekly"), 404)


@pytest.mark.parametrize("address", ["stats/today", "stats/days", "stats/weeks", "stats/months", "reports/weekly"])
def test_an_answer_that_has_not_changed_is_not_sent_again(address: str) -> None:
    user, habit, api = a_finished_week()
    with at(after(7)):
        first = api.get(f"{API}/{address}")
        again = api.get(f"{API}/{address}", headers={"If-None-Match": first["ETag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert "private" in first["Cache-Control"]
        tick(habit, after(4), after(7))
        settle(user)
        changed = api.get(f"{API}/{address}", headers={"If-None-Match": first["ETag"]})
        assert changed.status_code == (304 if address == "stats/months" else 200)  # no month is over


@pytest.mark.parametrize(
    "address", ["stats/today", "stats/days", "stats/weeks", "stats/months", "reports/weekly", "focus-sessions"]
)
def test_who_is_not_logged_in_gets_nothing(address: str) -> None:
    problem_of(APIClient().get(f"{API}/{address}"), 401)


# --- Focus -----------------------------------------------------------------------------------------------------------


def session(hour: int = 10, **fields: Any) -> dict[str, Any]:
    return {"started_at": f"2026-03-02T{hour:02}:00:00Z", "seconds": 1500, **fields}


def test_a_focus_session_can_be_sent_twice_and_counts_once() -> None:
    user, habit, api = person()
    body = session(habit=habit.client_id, label="thesis")
    with at(MONDAY):
        first = api.put(f"{API}/focus-sessions/one", body)
        again = api.put(f"{API}/focus-sessions/one", body)
        today = api.get(f"{API}/stats/today").json()

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"id": "one", **body}
    assert today["focus"] == {"seconds": 1500, "sessions": 1, "longest": 1500}
    with at(after(1)):
        close()
        days = api.get(f"{API}/stats/days").json()["days"]
    assert days[0]["focus"] == {"seconds": 1500, "sessions": 1, "longest": 1500}
    assert FocusSession.objects.get().user == user


def test_a_session_that_comes_late_is_in_the_day_in_which_it_began() -> None:
    user, _, api = person()
    with at(after(2)):
        close()
        api.put(f"{API}/focus-sessions/one", session())
        settle(user)
        days = api.get(f"{API}/stats/days").json()["days"]
        assert [day["focus"]["seconds"] for day in days] == [1500, 0]
        assert api.delete(f"{API}/focus-sessions/one").status_code == 204
        settle(user)
        days = api.get(f"{API}/stats/days").json()["days"]

    assert [day["focus"]["seconds"] for day in days] == [0, 0]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (session(hour=12), "seconds"),
        (session(seconds=0), "seconds"),
        (session(seconds=90_000), "seconds"),
        ({"seconds": 1500}, "started_at"),
    ],
)
def test_a_session_that_cannot_be_is_refused(body: dict[str, Any], field: str) -> None:
    _, _, api = person()
    with at(MONDAY):
        assert [name for name, _ in errors_of(api.put(f"{API}/focus-sessions/one", body))] == [field]
    assert not FocusSession.objects.exists()


def test_a_session_of_somebody_elses_habit_is_refused() -> None:
    _, habit, _ = person()
    with at(MONDAY):
        answer = phone_of(UserFactory()).put(f"{API}/focus-sessions/one", session(habit=habit.client_id))
    problem_of(answer, 404)


def test_sessions_are_listed_newest_first() -> None:
    _, _, api = person()
    with at(MONDAY):
        for hour in (8, 10, 9):
            api.put(f"{API}/focus-sessions/at-{hour}", session(hour))
        listed = api.get(f"{API}/focus-sessions").json()["results"]

    assert [one["id"] for one in listed] == ["at-10", "at-9", "at-8"]
