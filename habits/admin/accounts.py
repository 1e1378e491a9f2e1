"""What allauth keeps of accounts, in the admin: to look at, and to take away; its own admin would let it be rewritten.

A second factor that could be edited could be copied from another account, and the key of a session is the session.
"""

from __future__ import annotations

from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401 - these register what is replaced here
from allauth.account.models import EmailAddress
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from focusjobs.console.lists import KeysetAdmin, ReadOnlyAdmin

for model in (EmailAddress, Authenticator, UserSession):
    admin.site.unregister(model)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """Addresses, and whether their owners have confirmed them."""

    list_display = ("email", "user", "primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email",)
    ordering = ("-id",)


class Removable(KeysetAdmin):
    """Rows that may be removed, and not be changed."""

    list_select_related = ("user",)
    search_fields = ("user__email",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: they are secrets of people."""
        return False

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Remove one after the other, as each may have more to it than its row."""
        for obj in queryset:
            self.delete_model(request, obj)


@admin.register(Authenticator)
class AuthenticatorAdmin(Removable):
    """Second factors. Removing one lets somebody in who has lost it: ask first who they are."""

    list_display = ("user", "type", "created_at", "last_used_at")
    fields = ("user", "type", "created_at", "last_used_at")
    ordering = ("-id",)

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Remove it, and with the last one the recovery codes."""
        obj.delete()
        delete_dangling_recovery_codes(obj.user)


@admin.register(UserSession)
class UserSessionAdmin(Removable):
    """Where people are logged in. Removing one logs that phone or browser out."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    fields = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    ordering = ("-id",)

    def delete_model(self, request: HttpRequest, obj: UserSession) -> None:
        """End the session."""
        obj.end()
