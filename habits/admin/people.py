"""Accounts in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from habits.models import User
from habits.signals import profile_changed

LINKS = (
    ("Habits", "habits_habit", "user__id__exact"),
    ("Backups", "habits_backup", "user__id__exact"),
    ("Phones", "habits_syncdevice", "user__id__exact"),
    ("Sync inbox", "habits_syncpush", "user__id__exact"),
    ("Lost texts", "habits_losttext", "user__id__exact"),
)
"""What belongs to a person: the word, the admin's list, and the parameter that picks the person."""


RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
"""What makes an account one of the staff."""


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

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse changes of those with rights to others than superusers: who sets a password could log in with it."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or obj is None or not (obj.is_staff or obj.is_superuser))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to delete those with rights likewise."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (request.user.is_superuser or (obj is not None and not (obj.is_staff or obj.is_superuser)))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let superusers alone give rights: others could give themselves any."""
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if request.user.is_superuser else (*fixed, *RIGHTS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, and tell those that depend on how a person's days are cut."""
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            profile_changed.send(sender=User, user_id=obj.pk, fields=set(form.changed_data))

    @admin.display(description="of this person")
    def links(self, user: User) -> SafeString:
        """Give the ways to what belongs to this person."""
        links = (
            (word, f"{reverse(f'admin:{name}_changelist')}?{urlencode({field: user.pk})}")
            for word, name, field in LINKS
        )
        jobs = ("Jobs", reverse("admin:jobs_person", args=[user.pk]))
        return format_html_join(" · ", '<a href="{1}">{0}</a>', [*links, jobs])
