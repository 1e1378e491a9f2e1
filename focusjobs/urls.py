"""Every address of the web process."""

from django.contrib import admin
from django.http import Http404
from django.urls import include, path

from focusjobs.health.views import livez, readyz
from focusjobs.jobs.views import JobCancellationView, JobListView, JobView
from focusjobs.metrics import metrics
from focusjobs.rest.interface_page import InterfacePage, SchemaView
from focusjobs.rest.problems import not_found
from habits.imports.backup import UnreadableBackup
from habits.tasks import export_data, import_backup

handler400 = "focusjobs.rest.problems.bad_request"
handler403 = "focusjobs.rest.problems.permission_denied"
handler404 = "focusjobs.rest.problems.not_found"
handler500 = "focusjobs.rest.problems.server_error"

FOR_PEOPLE = {"asked_tasks": {import_backup.name, export_data.name}, "told_errors": {UnreadableBackup.__name__}}
"""The tasks that people ask for, and the errors whose words are for them."""

urlpatterns = [
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", InterfacePage.as_view(), name="interface_page"),
    # allauth serves phone numbers whether there are any or not, and fails where there are none.
    path("api/v1/auth/app/v1/account/phone", not_found, {"exception": Http404()}),
    path("api/v1/auth/", include("allauth.headless.urls")),
    path("api/v1/jobs", JobListView.as_view(**FOR_PEOPLE), name="jobs"),
    path("api/v1/jobs/<int:number>", JobView.as_view(**FOR_PEOPLE), name="job"),
    path("api/v1/jobs/<int:number>/cancel", JobCancellationView.as_view(**FOR_PEOPLE), name="job_cancel"),
    path("api/v1/", include("habits.urls")),
    path("api/v1/", include("analytics.urls")),
    path("api/v1/", include("notifications.urls")),
]
