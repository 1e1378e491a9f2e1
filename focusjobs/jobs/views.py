"""The REST interface of the job layer: a person's own jobs, whose end a request may wait for, and cancelling them.

Mounted by the project (`focusjobs.urls`), which says which tasks people ask for, and which errors are for people:
results and errors of all others may hold what only operators should read, and all others keep an account in order.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import BoundedSemaphore
from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from focusjobs.rest.conditional import ConditionalView
from focusjobs.rest.listing import ListView
from focusjobs.rest.pagination import CursorPages

from . import interventions
from .declaring.waiting import wait_until_finished
from .domain.lifecycle import FINISHED, State
from .errors import UnknownJob
from .models import Job
from .serializers import JobQuerySerializer, JobSerializer, OneJobSerializer, WaitSerializer

RETRY_AFTER = 2
"""Seconds after which to ask again."""

CANCELLED_BY_PERSON = "The person on whose behalf it was to run has cancelled it."
"""The reason that is kept with the job, for operators."""

places = BoundedSemaphore(settings.JOBS_WAITERS)
"""Places for requests that wait, of this process: each holds one of its few threads."""


class JobPages(CursorPages):
    """Jobs, the newest first."""

    ordering = "-id"
    parse_position = int


class OwnJobView(APIView):
    """What concerns the jobs that run on behalf of the person who asks; any other does not exist for them."""

    asked_tasks: ClassVar[Collection[str]] = ()
    """Names of tasks that people ask for: they see the results, and may cancel the jobs."""
    told_errors: ClassVar[Collection[str]] = ()
    """Names of exception classes whose messages are sentences for people."""

    def words(self) -> dict[str, Any]:
        """Give the serializers' context."""
        return {"asked_tasks": self.asked_tasks, "told_errors": self.told_errors}


class JobListView(ListView, OwnJobView):
    """The jobs of the person who asks."""

    serializer_class = JobSerializer
    pagination_class = JobPages
    query_serializer = JobQuerySerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """Add what jobs are told with."""
        return {**super().get_serializer_context(), **self.words()}

    @extend_schema(operation_id="jobs", parameters=[JobQuerySerializer], responses=JobSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List what runs and ran on behalf of the person, the newest first, for as long as the server keeps it."""
        # Index: job_of_user.
        return self.page(Job.objects.filter(user=request.user.pk, **self.query(request)))


class JobView(ConditionalView, OwnJobView):
    """One job."""

    @extend_schema(operation_id="job", parameters=[WaitSerializer], responses=OneJobSerializer)
    def get(self, request: Request, number: int) -> Response:
        """Say where the job stands; with `wait`, once it has ended or the time is over.

        An unfinished job's answer has `Retry-After`. 304 where nothing has changed since the ETag of `If-None-Match`.
        """
        query = WaitSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        job = _own_job(request, number)
        if job.state not in FINISHED and _wait_for(job, query.validated_data["wait"]):
            job = _own_job(request, number)
        headers = {} if job.state in FINISHED else {"Retry-After": str(RETRY_AFTER)}
        return Response(OneJobSerializer(job, context=self.words()).data, headers=headers)


class NotAskedFor(PermissionDenied):
    """Nobody asked for the job: it keeps the account in order."""

    default_detail = "This job keeps the account in order; only those that you asked for can be cancelled."
    default_code = "job_not_asked_for"


class TooLate(APIException):
    """The job has begun, or has ended."""

    status_code = 409

    def __init__(self, state: State) -> None:
        if state in FINISHED:
            super().__init__(f"The job has ended, as {state}; there is nothing left to cancel.", "job_ended")
        else:
            super().__init__("The job is running; it can be cancelled only before it begins.", "job_active")


class JobCancellationView(OwnJobView):
    """The end of a job that is not wanted any more."""

    @extend_schema(operation_id="job_cancel", request=None, responses={200: OneJobSerializer, 403: None, 409: None})
    def post(self, request: Request, number: int) -> Response:
        """Cancel a job that has not begun: an import or an export that was asked for. One that is cancelled stays so.

        409 where it runs or has ended otherwise.
        """
        job = _own_job(request, number)
        if job.task not in self.asked_tasks:
            raise NotAskedFor
        if not interventions.cancel([job.pk], CANCELLED_BY_PERSON):
            job.refresh_from_db()
            if job.state != State.CANCELLED:
                raise TooLate(State(job.state))
        return Response(OneJobSerializer(_own_job(request, number), context=self.words()).data)


def _own_job(request: Request, number: int) -> Job:
    """Give a job of the person who asks. Raises `Http404` also for jobs of others and of nobody."""
    return get_object_or_404(Job.objects.filter(user=request.user.pk), pk=number)


def _wait_for(job: Job, seconds: float) -> bool:
    """Wait until the job has ended, the time is over, or not at all where every place is taken; tell if it waited.

    The wait follows the job's events in Redis and looks into the ledger once a second, by the primary key; between two
    looks no transaction is open.
    """
    if seconds <= 0 or not places.acquire(blocking=False):
        return False
    try:
        wait_until_finished(job.pk, timeout=seconds)
    except (TimeoutError, UnknownJob):
        pass
    finally:
        places.release()
    return True
