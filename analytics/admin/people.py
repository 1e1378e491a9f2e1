"""A person's statistics, with heatmap and strength curve, and how far the close has come in each time zone."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from analytics.domain.charts import curve, heatmap
from analytics.models import HabitState, UserClock, UserDay
from analytics.selectors import closed_days
from analytics.selectors.progress import progress_by_zone
from focusjobs.console.lists import ReadOnlyAdmin

YEAR = timedelta(days=364)


@admin.register(UserClock)
class ClockAdmin(ReadOnlyAdmin):
    """People by the clock of their days."""

    list_display = ("user", "zone", "last_closed", "next_rollover_at")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-user_id",)
    fields = (
        *("user", "zone", "day_start", "last_closed", "began_at", "next_rollover_at", "neutral"),
        *("week_first", "week_last", "days", "strength"),
    )
    readonly_fields = fields
    change_list_template = "admin/analytics/userclock/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page of time zones."""
        view = self.admin_site.admin_view(self.progress_view)
        return [path("progress/", view, name="analytics_userclock_progress"), *super().get_urls()]

    def progress_view(self, request: HttpRequest) -> HttpResponse:
        """Show how far the people of each time zone are closed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Closing of days by time zone",
            "zones": progress_by_zone(timezone.now()),
        }
        return TemplateResponse(request, "admin/analytics/userclock/progress.html", context)

    @admin.display(description="rate of the last year")
    def days(self, clock: UserClock) -> SafeString:
        """Give a calendar of the closed days."""
        shares = {day.day: day.figures.rate for day in _year(clock)}
        first = clock.last_closed - YEAR
        return mark_safe(heatmap(shares, first, clock.last_closed, clock.week_start, "Rate of each day"))  # noqa: S308 - numbers

    @admin.display(description="mean strength")
    def strength(self, clock: UserClock) -> SafeString:
        """Give the strength of the last year as a curve."""
        values = [day.strength for day in _year(clock) if day.strength is not None]
        return mark_safe(curve(values, "Mean strength of the habits"))  # noqa: S308 - numbers


def _year(clock: UserClock) -> list[UserDay]:
    return closed_days(clock.user, clock.last_closed - YEAR, clock.last_closed)


@admin.register(HabitState)
class HabitStateAdmin(ReadOnlyAdmin):
    """Where habits stand."""

    list_display = ("habit", "user", "as_of", "strength", "streak", "best_streak", "total", "computed_at")
    list_select_related = ("habit", "user")
    search_fields = ("habit__name", "user__email")
    ordering = ("-habit_id",)
