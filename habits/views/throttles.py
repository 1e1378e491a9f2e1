"""What is limited more than other requests of a person."""

from __future__ import annotations

from typing import Any

from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView


class PushRate(UserRateThrottle):
    """Limits pushes; API_RATE_PUSH, 60 a minute unless set."""

    scope = "push"


class AccountRate(UserRateThrottle):
    """Limits guesses of the password, uploads, and files of all data; API_RATE_ACCOUNT, 20 an hour unless set."""

    scope = "account"


class AccountRateView(APIView):
    """A view of which one method has the `AccountRate`."""

    limited_method = "POST"

    def get_throttles(self) -> list[Any]:
        """Limit that method apart from the others."""
        return [AccountRate()] if self.request.method == self.limited_method else super().get_throttles()
