"""A person's settings."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from focusjobs.rest.conditional import ConditionalView
from habits import services
from habits.accounts.closing import close_account
from habits.serializers import JobNumberSerializer, ProfileSerializer, ProofSerializer

from .proof import AccountRate, require_proof
from .requests import PersonRequest


class StaffAccount(PermissionDenied):
    """The account has rights in the admin."""

    default_detail = "An account of the staff is not deleted here: what it did in the admin is kept. Ask an operator."
    default_code = "staff_account"


class ProfileView(ConditionalView):
    """The settings of the person who asks, and the account itself."""

    def get_throttles(self) -> list[Any]:
        """Limit guesses of the password more than the rest."""
        return [AccountRate()] if self.request.method == "DELETE" else super().get_throttles()

    @extend_schema(operation_id="profile", responses=ProfileSerializer)
    def get(self, request: PersonRequest) -> Response:
        """Give the settings, and the day that it is for this person."""
        return Response(ProfileSerializer(request.user).data)

    @extend_schema(operation_id="profile_update", request=ProfileSerializer, responses=ProfileSerializer)
    def patch(self, request: PersonRequest) -> Response:
        """Change some of the settings."""
        serializer = ProfileSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        user = services.update_profile(user=request.user, **serializer.validated_data)
        return Response(ProfileSerializer(user).data)

    @extend_schema(
        operation_id="account_delete", request=ProofSerializer, responses={202: JobNumberSerializer, 403: None}
    )
    def delete(self, request: PersonRequest) -> Response:
        """Delete the account for good. It is unusable at once, and a job erases all that is kept about the person.

        Nobody can undo it. It takes the `password`, or a log-in that was repeated just before.
        """
        serializer = ProofSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if request.user.is_staff:
            raise StaffAccount
        require_proof(request, serializer.validated_data["password"])
        return Response({"job": close_account(request.user).id}, status=202)
