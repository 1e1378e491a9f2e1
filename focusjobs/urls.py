"""Every address of the web process."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from focusjobs.health import livez, readyz
from focusjobs.metrics import metrics

handler400 = "focusjobs.problems.bad_request"
handler403 = "focusjobs.problems.permission_denied"
handler404 = "focusjobs.problems.not_found"
handler500 = "focusjobs.problems.server_error"

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("api/schema", SpectacularJSONAPIView.as_view(), name="schema"),
    path("api/v1/auth/", include("allauth.headless.urls")),
    path("api/v1/", include("habits.urls")),
    path("api/v1/", include("analytics.urls")),
    path("api/v1/", include("notifications.urls")),
]
