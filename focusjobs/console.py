"""The admin site under the project's name, with its apps in the order of `INSTALLED_APPS`."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest


class Console(AdminSite):
    """The admin; what is looked at first comes first."""

    site_title = site_header = "Focusjobs"
    index_title = "Console"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """List the apps in their installed order."""
        order = list(apps.app_configs)
        return sorted(super().get_app_list(request, app_label), key=lambda app: order.index(app["app_label"]))
