"""What the REST interface of the analytics app takes and gives."""

from .days import DaysSerializer, TodaySerializer
from .focus import FocusQuerySerializer, FocusSessionSerializer
from .habits import HeatmapQuerySerializer, StatisticsSerializer
from .periods import MonthsSerializer, WeeklyReportSerializer, WeekQuerySerializer, WeeksSerializer
from .ranges import RangeSerializer

__all__ = [
    "DaysSerializer",
    "FocusQuerySerializer",
    "FocusSessionSerializer",
    "HeatmapQuerySerializer",
    "MonthsSerializer",
    "RangeSerializer",
    "StatisticsSerializer",
    "TodaySerializer",
    "WeekQuerySerializer",
    "WeeklyReportSerializer",
    "WeeksSerializer",
]
