"""The link in e-mails by which somebody ends such e-mails without a login (RFC 8058)."""

from __future__ import annotations

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import services


@csrf_exempt  # the token is what allows it, and mail programs send no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Ask whether to end the e-mails, and end them on POST: programs that follow links must change nothing."""
    done = request.method == "POST"
    try:
        if done:
            services.unsubscribe(request.GET.get("token", ""))
    except signing.BadSignature as error:
        raise Http404 from error
    return render(request, "notifications/unsubscribe.html", {"done": done})
