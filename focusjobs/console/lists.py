"""Admin lists whose pages cost the same however long the table is: no counts, no offsets, no facets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode

from focusjobs.console.keyset import cursor_of, page

AFTER, BEFORE = "after", "before"
"""Query parameters: the keyset behind or ahead of which a page begins."""


class KeysetChangeList(ChangeList):
    """A change list with links to the next and the previous page in place of page numbers."""

    next_page: str | None = None
    previous_page: str | None = None

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Give the parameters that are filters."""
        for name in (AFTER, BEFORE):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_filters_params(params)

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Read only the columns that the list shows."""
        rows = super().get_queryset(request, exclude_parameters)
        columns = cast("KeysetAdmin", self.model_admin).list_only
        return rows.only(*columns) if columns else rows

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Give the admin's own order, whatever the address asks for: no index serves another."""
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        """Read one page and know whether there are others, by reading one row more."""
        backwards = BEFORE in request.GET
        cursor = request.GET.get(BEFORE if backwards else AFTER)
        columns, descending = _order(self.queryset.query.order_by)
        rows = page(self.queryset, columns, descending != backwards, cursor)[: self.list_per_page + 1]
        found = list(rows)
        more, found = len(found) > self.list_per_page, found[: self.list_per_page]
        if backwards:
            found.reverse()
        if found and (more or backwards):
            self.next_page = self._link(AFTER, found[-1], columns)
        if found and (more if backwards else cursor is not None):
            self.previous_page = self._link(BEFORE, found[0], columns)
        self._offer(found)

    def _link(self, name: str, row: Model, columns: Sequence[str]) -> str:
        return f"?{urlencode({**self.filter_params, name: cursor_of(row, columns)}, doseq=True)}"

    def _offer(self, found: list[Model]) -> None:
        self.result_list = found
        self.result_count, self.full_result_count = len(found), None
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True
        self.paginator = None


class KeysetAdmin(admin.ModelAdmin):
    """An admin whose list stays quick; `ordering` is one that an index serves."""

    change_list_template = "admin/keyset/change_list.html"
    list_per_page = 50
    list_only: Sequence[str] = ()
    """Columns that the list reads; all where it is empty."""
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Page by keyset."""
        return KeysetChangeList


class ReadOnlyAdmin(KeysetAdmin):
    """An admin of rows that code or phones write: to look at. What may be done to them has an act of its own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: they come from elsewhere."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: they say what is."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what happened stays known until its time."""
        return False


def _order(ordering: Sequence[Any]) -> tuple[list[str], bool]:
    """Split an ordering such as `["-day", "-id"]` into its columns and whether it descends."""
    return [str(name).removeprefix("-") for name in ordering], str(ordering[0]).startswith("-")
