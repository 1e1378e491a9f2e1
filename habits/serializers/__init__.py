"""What the REST interface of the habits app takes and gives."""

from .days import CompletionSerializer, DayRangeSerializer
from .exports import ExportSerializer
from .habits import HabitQuerySerializer, HabitSerializer, NewHabitSerializer
from .imports import BackupQuerySerializer, BackupSerializer, UploadSerializer
from .people import JobNumberSerializer, ProfileSerializer, ProofSerializer
from .sync import ChangesSerializer, PullSerializer, PushStatusSerializer
from .tokens import IssuedTokenSerializer, NewTokenSerializer, TokenSerializer

__all__ = [
    "BackupQuerySerializer",
    "BackupSerializer",
    "ChangesSerializer",
    "CompletionSerializer",
    "DayRangeSerializer",
    "ExportSerializer",
    "HabitQuerySerializer",
    "HabitSerializer",
    "IssuedTokenSerializer",
    "JobNumberSerializer",
    "NewHabitSerializer",
    "NewTokenSerializer",
    "ProfileSerializer",
    "ProofSerializer",
    "PullSerializer",
    "PushStatusSerializer",
    "TokenSerializer",
    "UploadSerializer",
]
