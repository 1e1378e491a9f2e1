"""What the product's inbox says of a push; for harnesses in the same process or beside the server."""

from __future__ import annotations

from habits.models import SyncPush, User
from tests.integration.habits.sync.convergence import Accepted


def accepted(user: User, key: str) -> Accepted | None:
    """Tell when a push was accepted, if it was, and which of its rows were refused."""
    push = SyncPush.objects.filter(user=user, key=key).first()
    if push is None:
        return None
    refused = frozenset((problem["table"], problem["id"]) for problem in push.problems)
    return Accepted(round(push.received_at.timestamp() * 1000), refused)
