"""People, habits, records and backups in the admin; what statistics depend on is written by `habits.services`."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from focusjobs.jobs.selectors import states_of
from focusjobs.keyset import KeysetAdmin
from habits import services
from habits.models import Backup, Completion, Habit, User

LATEST = 14
"""Records that a habit's page shows."""

HABIT_FIELDS = (
    *("name", "question", "notes", "category", "color", "kind", "freq_num", "freq_den", "weekdays"),
    *("target_type", "target_value", "unit", "reminder_time", "reminder_weekdays", "position"),
)


class ServiceForm(forms.ModelForm):
    """A form whose row a service writes, so that its errors show in the form and nothing that depends on it is missed.

    The admin validates and saves in one transaction, so writing as the last step of validation loses nothing.
    """

    def write(self, values: dict[str, Any]) -> Model:
        """Call the service and give the row. Raises `ValidationError`."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if self.errors:
            return
        try:
            self.instance = self.write(self.cleaned_data)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]  # not in the stubs


class ServiceAdmin(KeysetAdmin):
    """An admin whose form has written the row by the time the admin would save it."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Do nothing: the form's service wrote it."""


class NewUserForm(AdminUserCreationForm):
    """Address and password of a new account."""

    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Accounts, by e-mail address."""

    add_form = NewUserForm
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "links")}),
        ("Days and weeks", {"fields": ("timezone", "day_start", "week_start", "locale")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("links", "last_login", "date_joined")
    list_display = ("email", "name", "timezone", "is_active", "is_staff", "date_joined")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description="of this person")
    def links(self, user: User) -> SafeString:
        """Give the ways to this person's habits, backups and jobs."""
        names = {"habits": "habits_habit", "backups": "habits_backup", "jobs": "jobs_job"}
        query = {"jobs": "user"}
        return format_html(
            '<a href="{}">Habits</a> · <a href="{}">Backups</a> · <a href="{}">Jobs</a>',
            *(
                f"{reverse(f'admin:{name}_changelist')}?{urlencode({query.get(word, 'user__id__exact'): user.pk})}"
                for word, name in names.items()
            ),
        )


class HabitForm(ServiceForm):
    """A habit as `habits.services` takes it."""

    archived = forms.BooleanField(required=False, help_text="Kept with all its records, but no longer asked for.")

    class Meta:
        model = Habit
        fields = ("user", *HABIT_FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["archived"].initial = self.instance.archived_at is not None

    def write(self, values: dict[str, Any]) -> Habit:
        """Make or change the habit."""
        fields = cast("services.HabitFields", {name: values[name] for name in (*HABIT_FIELDS, "archived")})
        if self.instance.pk:
            return services.update_habit(habit=self.instance, **fields)
        return services.create_habit(user=values["user"], **fields)[0]


@admin.register(Habit)
class HabitAdmin(ServiceAdmin):
    """Habits, with their latest records. One that is over is archived: deleting would lose what was done."""

    form = HabitForm
    list_display = ("name", "user", "kind", "frequency", "archived")
    list_select_related = ("user",)
    list_filter = ("kind",)
    ordering = ("-id",)
    search_fields = ("name", "user__email")
    autocomplete_fields = ("user",)
    readonly_fields = ("latest", "client_id", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("user", "name", "question", "notes", "category", "color", "position", "archived")}),
        ("What it asks for", {"fields": ("kind", ("freq_num", "freq_den"), "weekdays", "target_type", "target_value")}),
        ("How it is shown and asked", {"fields": ("unit", "reminder_time", "reminder_weekdays")}),
        ("Records", {"fields": ("latest",)}),
        ("Identity", {"fields": ("client_id", "created_at", "updated_at"), "classes": ("collapse",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let a habit stay with its person."""
        return (*self.readonly_fields, "user") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a habit is archived."""
        return False

    @admin.display(description="asked for")
    def frequency(self, habit: Habit) -> str:
        """Give how often it is to be done."""
        return "every day" if habit.freq_num == habit.freq_den else f"{habit.freq_num} × in {habit.freq_den} days"

    @admin.display(description="archived", boolean=True)
    def archived(self, habit: Habit) -> bool:
        """Tell whether it is over."""
        return habit.archived_at is not None

    @admin.display(description="latest")
    def latest(self, habit: Habit) -> SafeString | str:
        """Give the latest records and the way to all of them."""
        if habit.pk is None:
            return "–"
        days = [f"{record.day}: {recorded(record)}" for record in habit.completions.order_by("-day")[:LATEST]]
        url = f"{reverse('admin:habits_completion_changelist')}?habit__id__exact={habit.pk}"
        text = "\n".join(days) or "Nothing is recorded yet."
        return format_html('<pre class="jc-pre">{}</pre> <a href="{}">All records</a>', text, url)

    class Media:
        css = {"all": ("jobs/console.css",)}  # noqa: RUF012 - Django's convention


class RecordForm(ServiceForm):
    """What happened on one day, as `habits.services` takes it."""

    class Meta:
        model = Completion
        fields = ("habit", "day", "value", "skipped", "note")

    def write(self, values: dict[str, Any]) -> Completion:
        """Make this the record of the day."""
        habit, day = values.get("habit") or self.instance.habit, values.get("day") or self.instance.day
        content = {name: values[name] for name in ("value", "skipped", "note")}
        return services.record_completion(habit=habit, day=day, source=Completion.Source.ADMIN, **content)[0]


@admin.register(Completion)
class CompletionAdmin(ServiceAdmin):
    """Records of days, the latest to be made first; a habit's page leads to its own."""

    form = RecordForm
    list_display = ("habit", "person", "day", "recorded", "note", "source", "updated_at")
    list_select_related = ("habit__user",)
    ordering = ("-id",)
    list_filter = ("source",)
    autocomplete_fields = ("habit",)
    readonly_fields = ("source", "created_at", "updated_at")
    fields = ("habit", "day", "value", "skipped", "note", "source", "created_at", "updated_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let a record stay with its habit and day."""
        return (*self.readonly_fields, "habit", "day") if obj else self.readonly_fields

    def delete_model(self, request: HttpRequest, obj: Completion) -> None:
        """Forget what was recorded of the day."""
        services.clear_completion(habit=obj.habit, day=obj.day)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Completion]) -> None:
        """Forget what was recorded of several days."""
        for record in queryset.select_related("habit"):
            self.delete_model(request, record)

    @admin.display(description="person")
    def person(self, record: Completion) -> str:
        """Give whose record it is."""
        return str(record.habit.user)

    @admin.display(description="recorded")
    def recorded(self, record: Completion) -> str:
        """Give what was recorded, in words."""
        return recorded(record)


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
    list_display = ("filename", "user", "length", "job", "uploaded_at", "imported_at")
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


def recorded(record: Completion) -> str:
    """Say what was recorded of a day: the amount in the habit's unit, a skip, or only a note."""
    if record.skipped:
        return "skipped"
    if record.value is None:
        return "only a note"
    if record.habit.kind == Habit.Kind.YES_NO:
        return "done" if record.value else "not done"
    return f"{record.value / 1000:g} {record.habit.unit}".strip()
