"""Accounts in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from habits.models import User


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
