"""What a person wants to be told, and how."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from focusjobs.rest.conditional import IF_MATCH, ConditionalView, etag_of, seen_versions
from habits.views import PersonRequest
from notifications import services
from notifications.domain.choice import ALL
from notifications.models import Preference
from notifications.selectors.preferences import choices_of, choices_of_all, effective
from notifications.selectors.versions import version_of_choice
from notifications.serializers import ANY, ChoiceSerializer, PreferenceSerializer, preference, words_of

from .refusing import RefusingView

KINDS, CHANNELS = words_of(Preference.Kind), words_of(Preference.Channel)

WHICH = [
    OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=KINDS),
    OpenApiParameter("channel", str, OpenApiParameter.PATH, enum=CHANNELS),
]


class PreferenceListView(ConditionalView):
    """All that the person has settled, and what holds otherwise."""

    @extend_schema(operation_id="preferences", responses=PreferenceSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List what holds for each kind and channel. Those of `all` are what the person has settled for all."""
        rows = [preference(*key, choice) for key, choice in choices_of_all(request.user).items()]
        return Response(PreferenceSerializer(rows, many=True).data)


class PreferenceView(RefusingView):
    """What holds for one kind and channel, or `all` of either."""

    @extend_schema(operation_id="preference", parameters=WHICH, responses=PreferenceSerializer)
    def get(self, request: PersonRequest, kind: str, channel: str) -> Response:
        """Give what holds."""
        return self._answer(request, *_named(kind, channel))

    @extend_schema(
        operation_id="preference_update",
        parameters=[*WHICH, IF_MATCH],
        request=ChoiceSerializer,
        responses=PreferenceSerializer,
    )
    def patch(self, request: PersonRequest, kind: str, channel: str) -> Response:
        """Settle some points; null settles nothing, so that what is more general holds."""
        kind, channel = _named(kind, channel)
        serializer = ChoiceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.set_preference(
            user=request.user, kind=kind, channel=channel, seen=seen_versions(request), **serializer.validated_data
        )
        return self._answer(request, kind, channel)

    @extend_schema(operation_id="preference_clear", parameters=[*WHICH, IF_MATCH], responses={204: None})
    def delete(self, request: PersonRequest, kind: str, channel: str) -> Response:
        """Settle nothing here any more."""
        kind, channel = _named(kind, channel)
        services.clear_preference(user=request.user, kind=kind, channel=channel, seen=seen_versions(request))
        return Response(status=204)

    @staticmethod
    def _answer(request: PersonRequest, kind: str, channel: str) -> Response:
        choice = effective(choices_of(request.user), kind, channel)
        headers = {"ETag": etag_of(version_of_choice(choice))}
        return Response(PreferenceSerializer(preference(kind, channel, choice)).data, headers=headers)


def _named(kind: str, channel: str) -> tuple[str, str]:
    """Read the words of an address. Raises `Http404`."""
    if kind not in KINDS or channel not in CHANNELS:
        raise Http404
    return ALL if kind == ANY else kind, ALL if channel == ANY else channel
