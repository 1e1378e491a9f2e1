"""Backups of other habit apps, which a job brings into the account."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.reverse import reverse

from focusjobs.rest.bodies import FormWithFile
from focusjobs.rest.conditional import ConditionalView
from focusjobs.rest.idempotency import IDEMPOTENCY_KEY, key_of
from focusjobs.rest.listing import ListView
from habits import services
from habits.models import Backup
from habits.pagination import BackupPages
from habits.serializers import BackupQuerySerializer, BackupSerializer, UploadSerializer

from .requests import PersonRequest
from .throttles import AccountRateView


class BackupForm(FormWithFile):
    """A form with a backup."""

    limit = services.MAX_BACKUP


class ImportListView(ListView, AccountRateView):
    """The backups of the person who asks."""

    serializer_class = BackupSerializer
    pagination_class = BackupPages
    query_serializer = BackupQuerySerializer
    parser_classes = (BackupForm,)

    @extend_schema(operation_id="imports", parameters=[BackupQuerySerializer], responses=BackupSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List what was uploaded, the latest first."""
        return self.page(Backup.objects.filter(user=request.user, **self.query(request)).defer("content"))

    @extend_schema(
        operation_id="import_create",
        parameters=[IDEMPOTENCY_KEY],
        request=UploadSerializer,
        responses={202: BackupSerializer},
    )
    def post(self, request: PersonRequest) -> Response:
        """Take a backup of Loop Habit Tracker, Rewire, Tickmate or HabitBull and have it imported.

        `/jobs/{id}` of its job tells how far that is and what it wrote. Importing the same file again changes nothing.
        A repetition with the same `Idempotency-Key` makes no other import; with another file or name of it, 422.
        """
        key = key_of(request)
        upload = UploadSerializer(data=request.data)
        upload.is_valid(raise_exception=True)
        file = upload.validated_data["file"]
        backup = services.accept_backup(user=request.user, filename=file.name, content=file.read(), key=key)
        where = reverse("job", args=[backup.job_id], request=request)
        return Response(BackupSerializer(backup).data, status=202, headers={"Location": where, "Retry-After": "2"})


class ImportView(ConditionalView):
    """One backup."""

    @extend_schema(operation_id="import", responses=BackupSerializer)
    def get(self, request: PersonRequest, number: int) -> Response:
        """Give what is known of it."""
        return Response(BackupSerializer(self._backup(request, number)).data)

    @extend_schema(operation_id="import_delete", responses={204: None, 409: None})
    def delete(self, request: PersonRequest, number: int) -> Response:
        """Remove it. What was imported stays; what waits for its job is not imported. 409 while the job runs."""
        services.remove_backup(backup=self._backup(request, number))
        return Response(status=204)

    @staticmethod
    def _backup(request: PersonRequest, number: int) -> Backup:
        return get_object_or_404(Backup.objects.defer("content"), pk=number, user=request.user)
