"""The REST interface of the habits app: a person's settings, habits and days, and the sync of their phones."""

from .days import CompletionListView, CompletionView
from .habits import HabitListView, HabitView, RestoreView
from .people import ProfileView
from .requests import OwnHabitView, PersonRequest
from .sync import PullView, PushStatusView, PushView

__all__ = [
    "CompletionListView",
    "CompletionView",
    "HabitListView",
    "HabitView",
    "OwnHabitView",
    "PersonRequest",
    "ProfileView",
    "PullView",
    "PushStatusView",
    "PushView",
    "RestoreView",
]
