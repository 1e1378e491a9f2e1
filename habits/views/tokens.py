"""The tokens with which scripts act as a person."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.response import Response
from rest_framework.views import APIView

from habits.accounts.tokens import issue
from habits.models import ApiToken
from habits.pagination import TokenPages
from habits.serializers import IssuedTokenSerializer, NewTokenSerializer, TokenSerializer

from .proof import require_proof
from .requests import PersonRequest
from .throttles import AccountRateView


class TokenListView(AccountRateView, GenericAPIView[ApiToken]):
    """The tokens of the person who asks."""

    serializer_class = TokenSerializer
    pagination_class = TokenPages

    @extend_schema(operation_id="tokens", responses=TokenSerializer(many=True))
    def get(self, request: PersonRequest) -> Response:
        """List the tokens that are valid, the newest first; what they are is not kept."""
        page = self.paginate_queryset(ApiToken.objects.filter(user=request.user))
        return self.get_paginated_response(TokenSerializer(page, many=True).data)

    @extend_schema(
        operation_id="token_create", request=NewTokenSerializer, responses={201: IssuedTokenSerializer, 403: None}
    )
    def post(self, request: PersonRequest) -> Response:
        """Make a token that is valid until it is revoked. It is shown this once; it takes the password."""
        serializer = NewTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        require_proof(request, serializer.validated_data["password"])
        row, token = issue(request.user, serializer.validated_data["name"])
        return Response({**TokenSerializer(row).data, "token": token}, status=201)


class TokenView(APIView):
    """One token."""

    @extend_schema(operation_id="token_revoke", responses={204: None})
    def delete(self, request: PersonRequest, number: int) -> Response:
        """Revoke the token at once."""
        get_object_or_404(ApiToken, pk=number, user=request.user).delete()
        return Response(status=204)
