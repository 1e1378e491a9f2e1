"""People, what they want to do, what they did on each local day, and how their phones keep up with it."""

from habits.domain.records import EVERY_DAY

from .accounts import Export, Letter
from .assigning import assign
from .backups import Backup
from .completions import Completion, CompletionAlias
from .habits import Habit, new_client_id
from .people import ApiToken, User, UserManager, validate_timezone
from .sync import LostText, SyncDevice, SyncPush, SyncState

__all__ = [
    "EVERY_DAY",
    "ApiToken",
    "Backup",
    "Completion",
    "CompletionAlias",
    "Export",
    "Habit",
    "Letter",
    "LostText",
    "SyncDevice",
    "SyncPush",
    "SyncState",
    "User",
    "UserManager",
    "assign",
    "new_client_id",
    "validate_timezone",
]
