"""Lists of the REST interface: checked by their query, given in pages, and not sent again while nothing changes."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from focusjobs.rest.conditional import ConditionalView


class ListView(ConditionalView, GenericAPIView[Any]):
    """A list of what belongs to the person who asks; `serializer_class` and `pagination_class` say what a page is."""

    query_serializer: type[Serializer[Any]]
    """What may be in the query; its `source` are lookups where a list filters by them."""

    def query(self, request: Request) -> dict[str, Any]:
        """Give what the query asks for. Raises `ValidationError`."""
        # As a plain dict: in a QueryDict a yes or no that is absent would be a box that is not ticked.
        query = self.query_serializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        asked: dict[str, Any] = query.validated_data
        return asked

    def page(self, rows: QuerySet[Any]) -> Response:
        """Give the page of these rows that is asked for. Raises `NotFound` for a cursor of another list."""
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
