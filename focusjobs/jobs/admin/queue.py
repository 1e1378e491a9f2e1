"""Queues in the console: what each has to do and how fast it is, pausing and resuming it, its limits and target."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from .. import operations
from ..errors import OperationRefused, UnknownQueue
from ..interventions import queues
from ..looking import overview
from ..looking.backlog import CAP
from ..models import Queue
from ..operations import Actor
from .pages import OFTEN, ConsoleAdmin, faults, may, page, posted
from .patience import patient

PAUSES = (
    ("15", "for 15 minutes"),
    ("60", "for an hour"),
    ("240", "for 4 hours"),
    ("1440", "for a day"),
    ("", "until somebody resumes it"),
)
"""How long a pause may be asked to last, in minutes."""

DAY = 86_400


class PauseForm(forms.Form):
    """Why a queue is held back, and for how long."""

    reason = forms.CharField(max_length=500)
    minutes = forms.ChoiceField(choices=PAUSES, required=False)

    def until(self) -> datetime | None:
        """Give when it resumes by itself."""
        minutes = self.cleaned_data["minutes"]
        return timezone.now() + timedelta(minutes=int(minutes)) if minutes else None


class LimitsForm(forms.Form):
    """How many jobs of a queue may run at once and start in a period, and how long a due one may wait."""

    max_active = forms.IntegerField(label="jobs at once", required=False, min_value=1, max_value=queues.MAX_LIMIT)
    rate = forms.IntegerField(label="starts", required=False, min_value=1, max_value=queues.MAX_LIMIT)
    seconds = forms.IntegerField(label="seconds", required=False, min_value=1, max_value=DAY)
    target = forms.IntegerField(label="target", required=False, min_value=1, max_value=30 * DAY)

    def limits(self) -> dict[str, Any]:
        """Give the limits as `queues.set_limits` takes them; a rate without a period is one of a second."""
        given = self.cleaned_data
        period = timedelta(seconds=given["seconds"] or 1) if given["rate"] is not None else None
        return {"max_active": given["max_active"], "rate": given["rate"], "period": period}

    def expected_wait(self) -> timedelta | None:
        """Give the target; None for that of the settings."""
        target = self.cleaned_data["target"]
        return timedelta(seconds=target) if target else None


@admin.register(Queue)
class QueueAdmin(ConsoleAdmin):
    """The queues of the settings and those that have a row."""

    menu_place = 40

    def acts(self) -> dict[str, Callable[..., HttpResponseBase]]:
        """Give what can be done to a queue."""
        return {"pause": self.pause, "resume": self.resume, "limits": self.limits}

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show every queue."""
        self.check_look(request)
        context = {
            "queues": overview.queue_states(timezone.now()),
            "cap": CAP,
            "pauses": PAUSES,
            "may_pause": may(request, "pause_queue"),
        }
        return page(request, "admin/jobs/queue/list.html", context, title="Queues", every=OFTEN)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Go to the list, which shows all that there is to a queue."""
        self.check_look(request)
        return redirect("admin:jobs_queue_changelist")

    @posted("view_queue", "pause_queue")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Start no further job of a queue."""
        form = PauseForm(request.POST)
        if not form.is_valid():
            return self._answer(request, f"{object_id} was not paused: give a reason.", messages.ERROR)
        reason, until = form.cleaned_data["reason"], form.until()
        return self._do(
            request,
            lambda actor: operations.pause(actor, object_id, reason, until),
            f"{object_id} is paused; what runs already goes on.",
        )

    @posted("view_queue", "pause_queue")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Start jobs of a queue again."""
        reason = request.POST.get("reason", "")
        return self._do(request, lambda actor: operations.resume(actor, object_id, reason), f"{object_id} runs again.")

    @posted("view_queue", "pause_queue")
    def limits(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Set the limits and the target of a queue."""
        form = LimitsForm(request.POST)
        if not form.is_valid():
            return self._answer(request, f"The limits of {object_id} stay. {faults(form)}", messages.ERROR)

        before = Queue.objects.filter(name=object_id).first()

        def change(actor: Actor) -> None:
            if before is None or form.limits() != {name: getattr(before, name) for name in form.limits()}:
                operations.set_limits(actor, object_id, **form.limits())
            if before is None or form.expected_wait() != before.expected_wait:
                operations.set_expected_wait(actor, object_id, form.expected_wait())

        return self._do(request, change, f"The limits of {object_id} are set.")

    def _do(self, request: HttpRequest, act: Callable[[Actor], object], done: str) -> HttpResponseBase:
        try:
            act(Actor.of_request(request))
        except UnknownQueue:
            return self._answer(request, "There is no such queue.", messages.ERROR)
        except OperationRefused as refused:
            return self._answer(request, str(refused), messages.ERROR)
        return self._answer(request, done)

    def _answer(self, request: HttpRequest, words: str, level: int = messages.SUCCESS) -> HttpResponseBase:
        self.message_user(request, words, level)
        return redirect("admin:jobs_queue_changelist")
