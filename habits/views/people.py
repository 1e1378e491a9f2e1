"""A person's settings."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from focusjobs.rest.conditional import IF_MATCH, ConditionalView, etag_of, seen_versions
from habits import services
from habits.accounts.closing import close_account
from habits.models import User
from habits.selectors import profile_version
from habits.serializers import JobNumberSerializer, ProfileSerializer, ProofSerializer

from .proof import require_proof
from .requests import CarefulView, PersonRequest
from .throttles import AccountRateView


class StaffAccount(PermissionDenied):
    """The account has rights in the admin."""

    default_detail = "An account of the staff is not deleted here: what it did in the admin is kept. Ask an operator."
    default_code = "staff_account"


class ProfileView(ConditionalView, CarefulView, AccountRateView):
    """The settings of the person who asks, and the account itself. The ETag changes with the settings and the day."""

    limited_method = "DELETE"

    @extend_schema(operation_id="profile", responses=ProfileSerializer)
    def get(self, request: PersonRequest) -> Response:
        """Give the settings, and the day that it is for this person."""
        return _answer(request.user)

    @extend_schema(
        operation_id="profile_update", parameters=[IF_MATCH], request=ProfileSerializer, responses=ProfileSerializer
    )
    def patch(self, request: PersonRequest) -> Response:
        """Change some of the settings."""
        serializer = ProfileSerializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return _answer(
            services.update_profile(user=request.user, seen=seen_versions(request), **serializer.validated_data)
        )

    @extend_schema(
        operation_id="account_delete",
        parameters=[IF_MATCH],
        request=ProofSerializer,
        responses={202: JobNumberSerializer, 403: None},
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
        services.require_seen(profile_version(request.user), seen_versions(request))
        return Response({"job": close_account(request.user).id}, status=202)


def _answer(user: User) -> Response:
    return Response(ProfileSerializer(user).data, headers={"ETag": etag_of(profile_version(user))})
