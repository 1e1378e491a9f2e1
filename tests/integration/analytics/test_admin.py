"""Statistics in the admin, and what Prometheus is told."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from analytics.models import Drift, UserClock

from .people import MONDAY, after, at, close, make_habit, settle, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    with at(MONDAY):
        root = get_user_model().objects.create_superuser("root@example.com", "x", timezone="Europe/Berlin")
        habit = make_habit(root)
    with at(after(3)):
        tick(habit, MONDAY)
        settle(root)
        close()
    client.force_login(root)
    return client


def test_a_persons_page_has_a_heatmap_and_a_curve_and_nothing_inline(operator: Client) -> None:
    clock = UserClock.objects.get()
    page = operator.get(f"/admin/analytics/userclock/{clock.pk}/change/").content.decode()

    assert page.count('role="img" aria-label=') == 2
    assert "<title>2026-03-02: 100%</title>" in page
    assert "<title>2026-03-03: 0%</title>" in page
    assert not re.search(r"<svg[^>]*\bstyle=|<script>|\son\w+=", page)
    assert 'name="_save"' not in page


def test_the_closing_is_shown_by_time_zone(operator: Client) -> None:
    page = operator.get("/admin/analytics/userclock/progress/").content.decode()

    assert "Europe/Berlin" in page
    assert "progress/" in operator.get("/admin/analytics/userclock/").content.decode()


def test_drifts_states_and_nights_are_listed_and_cannot_be_changed(operator: Client) -> None:
    clock = UserClock.objects.get()
    Drift.objects.create(user=clock.user, what="streak", stored="99", expected="0")

    assert "99" in operator.get("/admin/analytics/drift/").content.decode()
    for name in ("drift", "habitstate", "inspection", "userclock"):
        assert operator.get(f"/admin/analytics/{name}/").status_code == 200
        assert operator.get(f"/admin/analytics/{name}/add/").status_code == 403


def test_staff_without_the_right_see_nothing(operator: Client, client: Client) -> None:
    staff = get_user_model().objects.create_user("staff@example.com", "x", is_staff=True)
    client.force_login(staff)

    assert client.get("/admin/analytics/userclock/progress/").status_code == 403


def test_prometheus_is_told_of_days_that_wait_and_of_drift(operator: Client) -> None:
    with at(after(4), 1):
        told = operator.get("/metrics").content.decode()

    assert "statistics_days_due 1.0" in told
    assert "statistics_oldest_due_seconds 7200.0" in told
    assert "statistics_drifts_total 0.0" in told
