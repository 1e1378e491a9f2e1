"""The sync of phones: push, pull, and where a push stands."""

from __future__ import annotations

import gzip
import hashlib
import re
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from focusjobs.rest.idempotency import IDEMPOTENCY_KEY, key_of
from habits.merging import Busy
from habits.models import SyncPush
from habits.serializers import ChangesSerializer, PullSerializer, PushStatusSerializer
from habits.sync import answering
from habits.sync.accepting import Push, accept
from habits.sync.body import Body, read_changes
from habits.sync.headers import cursor_of, device_of, migration_of, wait_of
from habits.sync.problems import TryLater
from habits.sync.pulling import Phone, pull

from .requests import PersonRequest
from .throttles import PushRate

SMALL = 1_000
"""Bytes below which compressing an answer gains nothing."""

TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")
"""In an Accept-Encoding header: gzip, unless its weight is 0."""

HEADERS = {
    "X-Device-Id": "The phone's own identifier, the same on each start: 1 to 64 letters, digits or any of _ . -",
    "Prefer": "`wait=N` waits up to N seconds for the merge (10 at most, the default); `respond-async` does not wait.",
}
PUSH_HEADERS = [
    IDEMPOTENCY_KEY,
    *(OpenApiParameter(name, location="header", description=text) for name, text in HEADERS.items()),
]


class PushView(APIView):
    """What a phone has changed."""

    parser_classes = (Body,)
    throttle_classes = (PushRate,)

    @extend_schema(
        operation_id="sync_push",
        parameters=[OpenApiParameter("last_pulled_at", int, description="The version that was seen."), *PUSH_HEADERS],
        request={"application/json": ChangesSerializer},
        responses={200: PushStatusSerializer, 202: PushStatusSerializer, 413: None, 422: None},
    )
    def post(self, request: PersonRequest) -> HttpResponse:
        """Take changes in for good and merge them: 200, or 202 where the merge comes later.

        Rows that are refused are named in `experimentalRejectedIds` and `problems`; all others are safe. `changes` has
        the rows that are otherwise than the phone has them.
        """
        body: Any = request.data or b""  # REST framework has no parser read a body that is empty
        push = Push(
            device=device_of(request, required=True),
            key=key_of(request),
            digest=hashlib.sha256(body).digest(),
            cursor=cursor_of(request),
            changes=read_changes(body),
            user_agent=request.headers.get("User-Agent", ""),
        )
        row = accept(request.user, push, wait=wait_of(request))
        return _accepted(request, row) if row.merged_version is None else _json(request, answering.done(row).encode())


def _accepted(request: PersonRequest, row: SyncPush) -> Response:
    where = request.build_absolute_uri(f"pushes/{row.key}")
    answer = {**answering.status(row), "status_url": where}
    return Response(answer, status=202, headers={"Location": where, "Retry-After": "1"})


class PushStatusView(APIView):
    """A push of the person who asks."""

    @extend_schema(operation_id="sync_push_status", responses=PushStatusSerializer)
    def get(self, request: PersonRequest, key: UUID) -> Response:
        """Say where the push stands: queued, done or failed."""
        row = SyncPush.objects.filter(user=request.user, key=key).first()
        if row is None:
            raise Http404
        return Response(answering.status(row))


class PullView(APIView):
    """What a phone has to fetch."""

    @extend_schema(
        operation_id="sync_pull",
        parameters=[
            OpenApiParameter("last_pulled_at", int, description="`timestamp` of the latest pull; absent: everything."),
            OpenApiParameter("schema_version", int, description="The phone's; not used."),
            OpenApiParameter("migration", str, description="WatermelonDB's description of what its schema has new."),
            OpenApiParameter("X-Device-Id", location="header", description=HEADERS["X-Device-Id"]),
        ],
        responses={200: PullSerializer, 503: None},
    )
    def get(self, request: PersonRequest) -> HttpResponse:
        """Give the rows that have changed since a version, and the version that they make.

        `experimentalStrategy: replacement` says that this is everything, since the cursor is not known any more.
        """
        since = cursor_of(request)
        phone = Phone(device_of(request, required=False), request.headers.get("User-Agent", "")[:200])
        try:
            answer = pull(request.user.pk, since, migration_of(request) if since else None, phone=phone)
        except Busy as error:
            raise TryLater from error
        return _json(request, answer)


def _json(request: PersonRequest, body: bytes) -> HttpResponse:
    """Answer with JSON that is there already, compressed where the phone takes that."""
    headers: dict[str, Any] = {"Vary": "Accept-Encoding"}
    if len(body) >= SMALL and TAKES_GZIP.search(request.headers.get("Accept-Encoding", "")):
        body, headers["Content-Encoding"] = gzip.compress(body, compresslevel=1), "gzip"
    return HttpResponse(body, content_type="application/json", headers=headers)
