"""`/api/schema` and `/api/docs`: the REST interface for programs, and for people to read and try in a browser.

Everything on the page comes from this server.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from focusjobs.csp import HEADER, POLICY
from focusjobs.rest.conditional import ConditionalView

PAGE_POLICY = POLICY.replace("img-src 'self'", "img-src 'self' data:")
"""Swagger UI's style sheet holds its icons; a picture cannot run anything."""

_making = Lock()


class SchemaView(ConditionalView):
    """The OpenAPI schema."""

    permission_classes = (AllowAny,)
    renderer_classes = (OpenApiJsonRenderer,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Give the schema, which is the same for everybody."""
        # drf-spectacular loads its extensions when they are first used, which two threads at once cannot do.
        with _making:
            return Response(_schema())


@cache
def _schema() -> dict[str, Any]:
    """Make the schema, once in a process: it takes a good part of a second."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


class InterfacePage(SpectacularSwaggerSplitView):
    """Swagger UI without scripts or styles inside the page."""

    template_name = "api/docs.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give the page, or the script that starts it."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        response[HEADER] = PAGE_POLICY
        return response
