"""Operations in the console: who did what, why, to how many; the page before a bulk act; stop, undo, do the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from .. import operations, rights
from ..domain.text import whole_number
from ..domain.words import several
from ..errors import OperationRefused
from ..models import Operation
from ..operations import ACTIONS, Actor
from ..operations.control import expected_of
from .addresses import jobs_address
from .pages import OFTEN, ConsoleAdmin, own_address, page, page_after, posted
from .patience import patient

SAMPLE = 25
"""Jobs of an operation that its page shows."""

TYPED = 1_000
"""Above so many jobs the number is to be typed."""

WORDS = {
    "retry": "Retry",
    "cancel": "Cancel",
    "cancel_active": "Cancel, running ones too,",
    "promote": "Run now",
    "reschedule": "Reschedule",
    "set_priority": "Change the priority of",
    "edit_and_retry": "Retry with other arguments",
    "reveal": "Look at hidden arguments",
    "run_schedule": "Run a schedule",
    "pause": "Pause",
    "resume": "Resume",
    "limit": "Limit",
    "expect": "Set a target",
}
"""What the actions are called on buttons and in lists."""

Act = Callable[[Operation, Actor, str], Operation]


@admin.register(Operation)
class OperationAdmin(ConsoleAdmin):
    """What people did, the latest first."""

    menu_place = 30

    def acts(self) -> dict[str, Callable[..., HttpResponseBase]]:
        """Give what can be said to an operation."""
        return {"start": self.start, "stop": self.stop, "undo": self.undo, "rest": self.rest}

    @patient
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show a page of operations."""
        self.check_look(request)
        mine = "mine" in request.GET
        rows: QuerySet[Operation] = Operation.objects.exclude(state=Operation.State.PREVIEWED)
        rows = rows.filter(actor=request.user.pk) if mine else rows
        found, after = page_after(request, rows, ["id"])
        context = {
            "operations": [(operation, _title_of(operation)) for operation in found],
            "mine": mine,
            "after": after,
        }
        return page(request, "admin/jobs/operation/list.html", context, title="Operations", every=OFTEN)

    @patient
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show an operation; one that has not begun asks whether it is to."""
        operation = self._operation(request, object_id)
        crumbs = (("Operations", reverse("admin:jobs_operation_changelist")),)
        if operation.state == Operation.State.PREVIEWED:
            context = self._before(request, operation)
            return page(request, "admin/jobs/operation/before.html", context, title=context["question"], crumbs=crumbs)
        context = self._context(request, operation)
        every = 0 if operation.settled_at else 2
        name = f"Operation {operation.pk}"
        return page(request, "admin/jobs/operation/page.html", context, title=name, crumbs=crumbs, every=every)

    def _before(self, request: HttpRequest, operation: Operation) -> dict[str, Any]:
        expected = expected_of(operation)
        people = f" of {several(expected.users, 'person')}" if expected.users else ""
        return {
            "operation": operation,
            "expected": expected,
            "question": f"{WORDS[operation.action]} {several(expected.eligible, 'job')}{people}?",
            "button": f"{WORDS[operation.action]} {several(expected.eligible, 'job')}",
            "refusal": rights.refusal(request.user, operation.action, expected),
            "is_planner": operation.actor_id == request.user.pk,
            "typed": expected.eligible > TYPED,
            "needs_reason": expected.eligible > 1 or operation.action.startswith("cancel"),
            "back": own_address(request, request.GET.get("next", "")) or jobs_address(operation.filter),
            "skipped": _words(expected.skipped),
        }

    def _context(self, request: HttpRequest, operation: Operation) -> dict[str, Any]:
        jobs = operation.jobs.select_related("job").order_by("-is_canary", "job")[: SAMPLE + 1]
        matched = operation.expected.get("matched") or 0
        may_act = operation.action in ACTIONS and rights.may(request.user, rights.for_action(operation.action))
        settled = operation.completed + operation.failed_again + operation.cancelled
        return {
            "operation": operation,
            "headline": _title_of(operation),
            "matched": matched,
            "seen": min(operation.seen, matched) if matched else operation.seen,
            "settled": settled,
            "skipped": _words(operation.skipped),
            "can_stop": may_act and operations.can_stop(operation),
            "can_undo": may_act and operations.can_undo(operation),
            "has_rest": may_act and operations.has_rest(operation),
            "may_repeat": may_act and bool(operation.filter),
            "jobs": jobs[:SAMPLE],
            "jobs_are_more": len(jobs) > SAMPLE,
            "spoken": f"Operation {operation.pk}: {operation.get_state_display()}",
        }

    @posted("view_job")
    def start(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Begin what was previewed, if it is this person's preview and they may do it to so many jobs."""
        operation = self._operation(request, object_id)
        if operation.actor_id != request.user.pk:
            raise PermissionDenied("Whoever made a preview starts it.")
        expected = expected_of(operation)
        rights.require_for(request.user, operation.action, expected)
        if expected.eligible > TYPED and request.POST.get("typed", "").replace(",", "") != str(expected.eligible):
            return self._refuse(request, operation, f"Type the number of jobs, {expected.eligible:,}, to go on.")
        try:
            operations.start(operation, reason=request.POST.get("reason", ""))
        except OperationRefused as refused:
            return self._refuse(request, operation, str(refused))
        return redirect("admin:jobs_operation_change", operation.pk)

    @posted("view_job")
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Change no further job."""
        return self._tell(request, object_id, operations.stop)

    @posted("view_job")
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Put back what nobody has touched since."""
        return self._tell(request, object_id, operations.undo)

    @posted("view_job")
    def rest(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Do what was left undone."""
        return self._tell(request, object_id, operations.rest)

    def _tell(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponseBase:
        operation = self._operation(request, object_id)
        if operation.action not in ACTIONS:
            raise PermissionDenied
        rights.require_for(request.user, operation.action, expected_of(operation))
        try:
            operation = act(operation, Actor.of_request(request), request.POST.get("why", ""))
        except OperationRefused as refused:
            return self._refuse(request, operation, str(refused))
        return redirect("admin:jobs_operation_change", operation.pk)

    def _refuse(self, request: HttpRequest, operation: Operation, words: str) -> HttpResponseBase:
        self.message_user(request, words, messages.ERROR)
        return redirect("admin:jobs_operation_change", operation.pk)

    def _operation(self, request: HttpRequest, object_id: str) -> Operation:
        """Give an operation to those who may look at operations, and to whoever planned it."""
        operation = Operation.objects.filter(pk=whole_number(object_id) or 0).select_related("actor", "repeats").first()
        own = operation is not None and operation.actor_id == request.user.pk and rights.may(request.user, "view_job")
        if not own and not self.has_view_permission(request):
            raise PermissionDenied
        if operation is None:
            raise Http404(f"There is no operation {object_id}.")
        return operation


def _title_of(operation: Operation) -> str:
    """Say what an operation does to what."""
    word = WORDS.get(operation.action, operation.action.replace("_", " ").capitalize())
    if operation.action in ACTIONS:
        count = operation.done or operation.expected.get("eligible") or 0
        return f"{word} {several(count, 'job')}"
    kind, _, name = operation.subject.partition(":")
    return f"{word}: {kind} {name}" if name else word


def _words(skipped: dict[str, int]) -> list[tuple[str, int]]:
    return [(reason.replace("_", " "), count) for reason, count in skipped.items() if count]
