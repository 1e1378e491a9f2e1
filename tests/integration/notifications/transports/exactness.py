"""The law of every sender: what was said of a message is true of what the provider holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from notifications.transports import Fate, Outgoing, Result
from tests.providers import Providers


def check_exactness(
    providers: Providers, service: str, batch: Sequence[Outgoing], results: Iterable[Result]
) -> Counter[Fate]:
    """Check it, and count the outcomes by fate.

    Each message has one outcome, is accepted once at most, once if it is OK, and never if it was not processed.
    """
    outcomes = list(results)
    assert sorted(str(key) for key, _ in outcomes) == sorted(str(sent.id) for sent in batch)
    accepted = Counter(taken["address"] for taken in providers.accepted(service))
    address = {sent.id: sent.address for sent in batch}
    assert max(accepted.values(), default=0) <= 1, "the provider got a message twice"
    for key, outcome in outcomes:
        if outcome.fate == Fate.OK:
            assert accepted[address[key]] == 1
        elif outcome.fate != Fate.UNKNOWN:
            assert accepted[address[key]] == 0, outcome
    return Counter(outcome.fate for _, outcome in outcomes)
