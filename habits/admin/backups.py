"""Backups of other habit apps in the admin: uploading one, and what became of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from focusjobs.console.lists import KeysetAdmin
from focusjobs.jobs.looking.selectors import states_of
from habits import services
from habits.models import Backup


class UploadForm(forms.ModelForm):
    """Whose habits a file is to restore."""

    file = forms.FileField(help_text="From Loop Habit Tracker (.db), HabitBull (.csv), Rewire or Tickmate (.db).")

    class Meta:
        model = Backup
        fields = ("user",)

    def clean_file(self) -> UploadedFile:
        """Refuse a file that is too large before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > services.MAX_BACKUP:
            size, most = (filesizeformat(number or 0) for number in (file.size, services.MAX_BACKUP))
            raise ValidationError(f"“{file.name}” has {size}; {most} are allowed.", code="too_large")
        return file


@admin.register(Backup)
class BackupAdmin(KeysetAdmin):
    """Files from other habit apps: uploading one enqueues its import."""

    form = UploadForm
    list_display = ("filename", "job", "user", "length", "uploaded_at", "imported_at")
    list_select_related = ("user",)
    list_only = ("filename", "user__email", "size", "job_id", "uploaded_at", "imported_at")
    ordering = ("-id",)
    autocomplete_fields = ("user",)
    fields = ("user", "filename", "length", "job", "uploaded_at", "imported_at")
    readonly_fields = ("filename", "length", "job", "uploaded_at", "imported_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Backup]:
        """Leave the files themselves where they are."""
        return super().get_queryset(request).defer("content")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Ask for person and file, show the rest of a backup that is there."""
        return self.fields if obj else ("user", "file")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list."""
        return super().changelist_view(request, {"title": "Backups", **(extra_context or {})})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for person and file; whatever comes of it is on the page of the import job."""
        own = {"title": "Upload a backup", "show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**own, **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the states of all jobs on the page at once."""
        changes = super().get_changelist_instance(request)
        states = states_of(backup.job_id for backup in changes.result_list)
        for backup in changes.result_list:
            backup.job_state = states.get(backup.job_id)
        return changes

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a backup is what was uploaded."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: an import job may be about to read it, and empties it afterwards."""
        return False

    def save_model(self, request: HttpRequest, obj: Backup, form: Any, change: bool) -> None:
        """Keep the file and enqueue its import."""
        file = form.cleaned_data["file"]
        accepted = services.accept_backup(user=obj.user, filename=file.name, content=file.read())
        obj.pk, obj.job_id, obj.filename = accepted.pk, accepted.job_id, accepted.filename

    def response_add(self, request: HttpRequest, obj: Backup, post_url_continue: str | None = None) -> HttpResponse:
        """Go to the import job, or to the list where the viewer may not look at jobs."""
        self.message_user(request, f"“{obj.filename}” is here; job {obj.job_id} restores the habits of {obj.user}.")
        if request.user.has_perm("jobs.view_job"):
            return redirect("admin:jobs_job_change", obj.job_id)
        return redirect("admin:habits_backup_changelist")

    @admin.display(description="size")
    def length(self, backup: Backup) -> str:
        """Give the size of the file."""
        return filesizeformat(backup.size)

    @admin.display(description="import")
    def job(self, backup: Backup) -> SafeString | str:
        """Give a link to the job that imports it, and the job's state."""
        if backup.job_id is None:
            return "–"
        state = getattr(backup, "job_state", None) or states_of([backup.job_id]).get(backup.job_id, "gone")
        url = reverse("admin:jobs_job_change", args=[backup.job_id])
        return format_html(
            '<span class="jc-state jc-{}">{}</span> <a href="{}">job {}</a>', state, state, url, backup.job_id
        )

    class Media:
        css = {"all": ("jobs/console.css",)}  # noqa: RUF012 - Django's convention
