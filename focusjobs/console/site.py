"""The admin site under the project's name, with its apps in the order of `INSTALLED_APPS` and pages of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from focusjobs.console.login import AdminLoginView, has_second_factor

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Lead:
    """The page with which an app begins, in place of the list of its models."""

    app_label: str
    name: str
    view: View
    right: str
    """Who has this right finds the page in the menu; the view checks it itself."""
    news: Callable[[HttpRequest], dict[str, Any]]
    """Gives what the admin's first page says of the app: `headline`, `tone`."""

    @property
    def slug(self) -> str:
        """The last part of its address, and of its name `admin:<app>_<slug>`."""
        return self.name.lower()


class Console(AdminSite):
    """The admin; what is looked at first comes first."""

    site_title = site_header = "Focusjobs"
    index_title = "Console"
    site_url = None

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.leads: dict[str, Lead] = {}
        self.views: dict[str, tuple[str, View]] = {}

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in members of the staff who have given a second factor."""
        return super().has_permission(request) and has_second_factor(request)

    def login(  # type: ignore[override]  # an answer is what Django's own gives too
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponseBase:
        """Log a member of the staff in."""
        if request.method == "GET" and self.has_permission(request):
            return redirect(f"{self.name}:index")
        context = {
            **self.each_context(request),
            "title": "Log in",
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        to_index = reverse(f"{self.name}:index")
        return AdminLoginView.as_view(extra_context=context, next_page=to_index)(request)

    def lead(self, page: Lead) -> None:
        """Begin an app with this page."""
        self.leads[page.app_label] = page
        self.add_view(f"{page.app_label}/{page.slug}/", page.view, f"{page.app_label}_{page.slug}")

    def add_view(self, address: str, view: View, name: str) -> None:
        """Serve a view that belongs to no model to members of the staff; it checks further rights itself."""
        self.views[name] = address, view

    def get_urls(self) -> list[Any]:
        """Add the views that belong to no model."""
        own = [path(address, self.admin_view(view), name=name) for name, (address, view) in self.views.items()]
        return [*own, *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Show the list of apps, below the news of those that have a page of their own."""
        news = [
            {**lead.news(request), "name": lead.name, "address": reverse(f"{self.name}:{lead.app_label}_{lead.slug}")}
            for lead in self.leads.values()
            if request.user.has_perm(lead.right)
        ]
        return super().index(request, {"news": news, **(extra_context or {})})

    def app_index(  # type: ignore[override]  # a redirect is no page, but an answer
        self, request: HttpRequest, app_label: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show an app's first page, or the list of its models."""
        lead = self.leads.get(app_label)
        if lead is not None and request.user.has_perm(lead.right):
            return redirect(f"{self.name}:{app_label}_{lead.slug}")
        return super().app_index(request, app_label, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """List the apps in their installed order, their models in the order that their admins ask for."""
        order = list(apps.app_configs)
        found = sorted(super().get_app_list(request, app_label), key=lambda app: order.index(app["app_label"]))
        for app in found:
            app["models"].sort(key=lambda entry: getattr(self._registry[entry["model"]], "menu_place", 50))
            lead = self.leads.get(app["app_label"])
            if lead is not None and request.user.has_perm(lead.right):
                app["models"].insert(0, self._entry(lead))
        return found

    def _entry(self, lead: Lead) -> dict[str, Any]:
        address = reverse(f"{self.name}:{lead.app_label}_{lead.slug}")
        shown = {"model": None, "name": lead.name, "object_name": lead.slug, "admin_url": address}
        return shown | {"add_url": None, "view_only": True, "perms": {"view": True}}
