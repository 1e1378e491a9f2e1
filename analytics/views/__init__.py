"""The REST interface of the analytics app: statistics, reports and focus sessions."""

from .focus import FocusListView, FocusView
from .habits import StatisticsView
from .history import DaysView, MonthsView, TodayView, WeeksView
from .reports import WeeklyReportView

__all__ = [
    "DaysView",
    "FocusListView",
    "FocusView",
    "MonthsView",
    "StatisticsView",
    "TodayView",
    "WeeklyReportView",
    "WeeksView",
]
