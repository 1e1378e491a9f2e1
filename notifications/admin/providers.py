"""How the ways to devices are doing, and what operators can do: pause, resume, close a breaker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from notifications import clock, services
from notifications.delivery.gate import pace_of, rate_of
from notifications.models import Delivery, ProviderState

MOST_COUNTED = 10_000


@admin.register(ProviderState)
class ProviderStateAdmin(admin.ModelAdmin):
    """One line for each transport; a pause is set on its page."""

    list_display = ("transport", "health", "bad_answers", "pace_now", "waiting", "answered_at")
    fields = (
        *("transport", "health", "bad_answers", "breaker_reason", "retry_at", "failures", "pace_now", "waiting"),
        *("answered_at", "problem", "paused_until", "paused_reason"),
    )
    readonly_fields = tuple(name for name in fields if not name.startswith("paused_"))
    actions = ("pause_an_hour", "resume", "close_breaker")

    @admin.display(description="health")
    def health(self, state: ProviderState) -> str:
        """Say in a sentence whether messages pass."""
        now = timezone.now()
        if state.problem:
            return f"cannot be used: {state.problem}"
        if state.is_paused(now):
            return f"paused until {state.paused_until:%Y-%m-%d %H:%M} UTC: {state.paused_reason or 'no reason given'}"
        if state.breaker == ProviderState.Breaker.CLOSED:
            return "works" if state.recent else "not used yet"
        return f"{state.get_breaker_display()} ({state.breaker_reason})"

    @admin.display(description="bad answers of the latest")
    def bad_answers(self, state: ProviderState) -> str:
        """Give the share that the breaker looks at."""
        return f"{state.recent.count('x')} of {len(state.recent)}" if state.recent else "–"

    @admin.display(description="messages a second")
    def pace_now(self, state: ProviderState) -> str:
        """Give the rate that is allowed now, and at most."""
        now = clock.now()
        return f"{pace_of(state, now).rate(now.timestamp()):,.0f} now, {rate_of(state.transport):,.0f} at most"

    @admin.display(description="waiting")
    def waiting(self, state: ProviderState) -> str:
        """Count what is to be sent, up to `MOST_COUNTED`. Index: delivery_pending."""
        pending = Delivery.objects.filter(transport=state.transport, state=Delivery.State.PENDING)
        count = pending.order_by()[:MOST_COUNTED].count()
        return f"{count:,}{' or more' if count == MOST_COUNTED else ''}"

    @admin.action(description="Pause for an hour", permissions=["operate"])
    def pause_an_hour(self, request: HttpRequest, queryset: QuerySet[ProviderState]) -> None:
        """Send nothing for an hour."""
        until = clock.now() + timedelta(hours=1)
        for state in queryset:
            services.pause_provider(transport=state.transport, until=until, reason=f"by {request.user}")
            self.log_change(request, state, "Paused for an hour")
        self.message_user(request, f"Paused until {until:%H:%M} UTC.", messages.SUCCESS)

    @admin.action(description="Resume", permissions=["operate"])
    def resume(self, request: HttpRequest, queryset: QuerySet[ProviderState]) -> None:
        """End pauses."""
        for state in queryset:
            services.resume_provider(transport=state.transport)
            self.log_change(request, state, "Resumed")
        self.message_user(request, "Resumed.", messages.SUCCESS)

    @admin.action(description="Close the breaker: the cause is mended", permissions=["operate"])
    def close_breaker(self, request: HttpRequest, queryset: QuerySet[ProviderState]) -> None:
        """Send again at once, at a rate that rises from nothing."""
        for state in queryset:
            services.close_breaker(transport=state.transport)
            self.log_change(request, state, "Closed the breaker")
        self.message_user(request, "Closed; if the cause is still there, it opens again.", messages.SUCCESS)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Allow those who may operate providers."""
        return request.user.has_perm("notifications.operate_providerstate")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: there is one for each transport of PUSH_TRANSPORTS."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: it would be made again."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow those who may operate providers."""
        return self.has_operate_permission(request)

    def save_model(self, request: HttpRequest, obj: ProviderState, form: Any, change: bool) -> None:
        """Pause until the given time, or resume where none is given."""
        if obj.paused_until is None:
            services.resume_provider(transport=obj.transport)
        else:
            services.pause_provider(transport=obj.transport, until=obj.paused_until, reason=obj.paused_reason)
