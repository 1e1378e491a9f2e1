"""Django's admin with the project's site in it."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """Configuration of `django.contrib.admin`."""

    default_site = "focusjobs.console.site.Console"
