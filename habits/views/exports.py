"""The file of all that is kept about a person."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from habits.accounts.exporting import Progress, export_of, request_export
from habits.models import Export
from habits.serializers import ExportSerializer

from .requests import PersonRequest
from .throttles import AccountRateView


class ExportView(AccountRateView):
    """The file of all that is kept about the person who asks."""

    @extend_schema(operation_id="export", responses={200: ExportSerializer, 404: None})
    def get(self, request: PersonRequest) -> Response:
        """Say whether the file is there; 404 where none was asked for, or it has expired."""
        return Response(_shape(request, own_export(request)))

    @extend_schema(operation_id="export_request", request=None, responses={202: ExportSerializer})
    def post(self, request: PersonRequest) -> Response:
        """Have the file made; while one is being made, that one is answered. `/jobs/{id}` of its job tells more."""
        found = request_export(request.user)
        where = reverse("job", args=[found.export.job_id], request=request)
        return Response(_shape(request, found), status=202, headers={"Location": where, "Retry-After": "2"})

    @extend_schema(operation_id="export_delete", responses={204: None})
    def delete(self, request: PersonRequest) -> Response:
        """Delete the file before it expires."""
        Export.objects.filter(user=request.user).update(content=None, size=None, made_at=None, expires_at=None)
        return Response(status=204)


class ExportFileView(APIView):
    """The file itself."""

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        """Take any Accept header: what there is is a ZIP, and errors are JSON."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="export_file",
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, "A ZIP file."), 404: None},
    )
    def get(self, request: PersonRequest) -> HttpResponse:
        """Give the file, a ZIP; 404 where it is not made yet or has expired."""
        export = own_export(request).export
        if not export.is_ready or export.content is None:
            raise Http404
        name = f"focusjobs-{export.made_at:%Y-%m-%d}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(bytes(export.content), content_type="application/zip", headers=headers)


def own_export(request: PersonRequest) -> Progress:
    """Give the person's file and how far it is. Raises `Http404` where there is none, or none any more."""
    found = export_of(request.user)
    if found is None:
        raise Http404
    return found


def _shape(request: PersonRequest, found: Progress) -> dict[str, Any]:
    export = found.export
    file = reverse("export_file", request=request) if export.is_ready else None
    facts = {
        name: getattr(export, name) if export.is_ready or name == "requested_at" else None
        for name in ("requested_at", "made_at", "expires_at", "size")
    }
    return dict(ExportSerializer({"job": export.job_id, "state": found.state, "file": file, **facts}).data)
