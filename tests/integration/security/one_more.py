"""The project's addresses and one more, which no table knows."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from focusjobs.urls import handler404, urlpatterns

__all__ = ["handler404"]


def one_more(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [*urlpatterns, path("api/v1/one-more", one_more)]
