"""Filters that people keep under a name, for themselves or for all."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from ..errors import OperationRefused
from ..models import SavedFilter
from .query import parse

MAX_NAME, MAX_QUERY = 100, 1000

MOST = 200
"""Filters that one person may keep."""


def visible_to(user: Any) -> QuerySet[SavedFilter]:
    """Give somebody's own filters and those of others that are for all, by name."""
    return SavedFilter.objects.filter(Q(owner=user) | Q(shared=True)).select_related("owner")


def save(user: Any, name: str, query: str, *, shared: bool = False) -> SavedFilter:
    """Keep a filter under a name, in place of the one that this person had under it.

    Raises `OperationRefused` for a name or a number of filters that cannot be, and `QueryError`.
    """
    name, query = name.strip(), query.strip()
    if not 0 < len(name) <= MAX_NAME:
        raise OperationRefused(f"A filter's name has 1 to {MAX_NAME} characters.")
    if not 0 < len(query) <= MAX_QUERY:
        raise OperationRefused(f"A filter that is kept has 1 to {MAX_QUERY:,} characters.")
    parse(query)
    own = SavedFilter.objects.filter(owner=user)
    if not own.filter(name=name).exists() and own.count() >= MOST:
        raise OperationRefused(f"You keep {MOST} filters already; delete one first.")
    return own.update_or_create(owner=user, name=name, defaults={"query": query, "shared": shared})[0]


def delete(user: Any, number: int) -> bool:
    """Keep somebody's own filter no longer; tell whether there was one."""
    return bool(SavedFilter.objects.filter(owner=user, pk=number).delete()[0])
