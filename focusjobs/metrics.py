"""`/metrics`: what Prometheus scrapes, for a bearer token (METRICS_TOKEN) or a logged-in member of the staff."""

from __future__ import annotations

from hmac import compare_digest

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from analytics.metrics import StatisticsCollector
from focusjobs.jobs.metrics import registry
from habits.metrics import SyncCollector
from notifications.metrics import ReminderCollector


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every metric; 401 without a valid token or a login, 403 for people who are not staff."""
    if not _is_scraper(request):
        if not request.user.is_authenticated:
            return _refusal(401, "Send METRICS_TOKEN as a bearer token, or log in as a member of the staff.")
        if not admin.site.has_permission(request):
            return _refusal(403, "Metrics are for the staff.")
    told = registry()
    for collector in (SyncCollector(), StatisticsCollector(), ReminderCollector()):
        told.register(collector)
    return HttpResponse(generate_latest(told), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_scraper(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.METRICS_TOKEN
    return bool(expected) and scheme.lower() == "bearer" and compare_digest(token.encode(), expected.encode())


def _refusal(status: int, sentence: str) -> HttpResponse:
    response = HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="metrics"'
    return response
