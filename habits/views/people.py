"""A person's settings."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from habits import services
from habits.serializers import ProfileSerializer

from .requests import PersonRequest


class ProfileView(APIView):
    """The settings of the person who asks."""

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
