"""Accounts in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from habits.models import User

LINKS = (
    ("Habits", "habits_habit", "user__id__exact"),
    ("Backups", "habits_backup", "user__id__exact"),
    ("Phones", "habits_syncdevice", "user__id__exact"),
    ("Sync inbox", "habits_syncpush", "user__id__exact"),
    ("Lost texts", "habits_losttext", "user__id__exact"),
    ("Jobs", "jobs_job", "user"),
)
"""What belongs to a person: the word, the admin's list, and the parameter that picks the person."""


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
        """Give the ways to what belongs to this person."""
        links = (
            (word, f"{reverse(f'admin:{name}_changelist')}?{urlencode({field: user.pk})}")
            for word, name, field in LINKS
        )
        return format_html_join(" · ", '<a href="{1}">{0}</a>', links)
