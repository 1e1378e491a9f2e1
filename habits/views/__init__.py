"""The REST interface of the habits app: a person's settings, habits and days, and the sync of their phones."""

from .days import CompletionListView, CompletionView
from .exports import ExportFileView, ExportView
from .habits import HabitListView, HabitView, RestoreView
from .imports import ImportListView, ImportView
from .people import ProfileView
from .requests import CarefulView, OwnHabitView, PersonRequest
from .sync import PullView, PushStatusView, PushView
from .tokens import TokenListView, TokenView

__all__ = [
    "CarefulView",
    "CompletionListView",
    "CompletionView",
    "ExportFileView",
    "ExportView",
    "HabitListView",
    "HabitView",
    "ImportListView",
    "ImportView",
    "OwnHabitView",
    "PersonRequest",
    "ProfileView",
    "PullView",
    "PushStatusView",
    "PushView",
    "RestoreView",
    "TokenListView",
    "TokenView",
]
