"""Answers that a phone need not fetch again while they stay the same."""

from __future__ import annotations

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from rest_framework.views import APIView

_DECORATORS: list[Any] = [cache_control(private=True, no_cache=True), conditional_page]


@method_decorator(_DECORATORS, name="dispatch")
class ConditionalView(APIView):
    """A view whose answers have an ETag; a request with the same one in `If-None-Match` is answered by 304."""
