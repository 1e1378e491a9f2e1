"""Who may ask what of the REST interface, the probes and the pages beside it: a row for each route and method.

Anybody else is answered 401 without a login; what belongs to somebody else is 404, as if it did not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Keys = dict[str, str]
Who = Literal["anonymous", "locked", "owner", "stranger"]

V1 = "api/v1/"
AUTH = "api/v1/auth/app/v1/"
HABIT = f"{V1}habits/<client_id:client_id>"
DAY = f"{HABIT}/completions/<day:day>"
SESSION = f"{V1}focus-sessions/<client_id:client_id>"
REMINDER = f"{V1}reminders/<int:number>"
DELIVERY = f"{V1}notifications/<uuid:delivery_id>"
PREFERENCE = f"{V1}preferences/<str:kind>/<str:channel>"
PASSWORD = "a long enough password"
CHANGE = {"current_password": PASSWORD, "new_password": "another-long-walk"}


@dataclass(frozen=True)
class Row:
    """What one method of one route answers to whom."""

    method: str
    pattern: str
    anonymous: int
    owner: int
    stranger: int
    """The status for another person, who names the owner's object where the route has a place for one."""
    body: Any = None
    form: bool = False
    query: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} {self.pattern}"

    def status(self, who: Who) -> int:
        """Whose account is locked is nobody."""
        return int(getattr(self, "anonymous" if who == "locked" else who))


def everybody(method: str, pattern: str, status: int, body: Any = None, query: str = "") -> Row:
    """Open to all, whether logged in or not."""
    return Row(method, pattern, status, status, status, body, query=query)


def person(method: str, pattern: str, status: int, body: Any = None, **how: Any) -> Row:
    """Each person about themselves: nothing of another person is in it."""
    return Row(method, pattern, 401, status, status, body, **how)


def own(method: str, pattern: str, status: int, body: Any = None) -> Row:
    """About one object of the person: to others there is none."""
    return Row(method, pattern, 401, status, 404, body)


def own_name(method: str, pattern: str, status: int, for_others: int, body: Any = None) -> Row:
    """Under a name that the person chose: somebody else's object of that name is another one."""
    return Row(method, pattern, 401, status, for_others, body)


ROWS = [
    # --- Beside the interface ---
    everybody("GET", "livez", 200),
    everybody("GET", "readyz", 200, query="?only=database"),
    everybody("GET", "metrics", 401),
    everybody("GET", "api/schema", 200),
    everybody("GET", "api/docs", 200),
    everybody("GET", f"{V1}unsubscribe", 200),
    everybody("POST", f"{V1}unsubscribe", 404, query="?token=made-up"),
    # --- The account ---
    person("GET", f"{V1}me", 200),
    person("PATCH", f"{V1}me", 200, {"name": "Me"}),
    person("DELETE", f"{V1}me", 202, {"password": PASSWORD}),
    person("GET", f"{V1}me/tokens", 200),
    person("POST", f"{V1}me/tokens", 201, {"name": "script", "password": PASSWORD}),
    own("DELETE", f"{V1}me/tokens/<int:number>", 204),
    own("GET", f"{V1}me/export", 200),
    person("POST", f"{V1}me/export", 202),
    person("DELETE", f"{V1}me/export", 204),
    own("GET", f"{V1}me/export/file", 200),
    person("GET", f"{V1}imports", 200),
    person("POST", f"{V1}imports", 400, {}, form=True),
    own("GET", f"{V1}imports/<int:number>", 200),
    own("DELETE", f"{V1}imports/<int:number>", 204),
    person("GET", f"{V1}jobs", 200),
    own("GET", f"{V1}jobs/<int:number>", 200),
    own("POST", f"{V1}jobs/<int:number>/cancel", 409),
    # --- Habits ---
    person("GET", f"{V1}habits", 200),
    person("POST", f"{V1}habits", 201, {"name": "Run"}),
    own("GET", HABIT, 200),
    own_name("PUT", HABIT, 200, 201, {"name": "Mine"}),
    own("PATCH", HABIT, 200, {"name": "Mine"}),
    own("DELETE", HABIT, 204),
    own("POST", f"{HABIT}/restore", 200),
    own("GET", f"{HABIT}/completions", 200),
    own("GET", DAY, 200),
    own("PUT", DAY, 200, {"value": 0}),
    own("DELETE", DAY, 204),
    own("GET", f"{HABIT}/stats", 200),
    # --- Sync ---
    person("POST", f"{V1}sync/push", 400, {}),
    person("GET", f"{V1}sync/pull", 200),
    own("GET", f"{V1}sync/pushes/<uuid:key>", 200),
    # --- Statistics ---
    person("GET", f"{V1}stats/today", 200),
    person("GET", f"{V1}stats/days", 200),
    person("GET", f"{V1}stats/weeks", 200),
    person("GET", f"{V1}stats/months", 200),
    own("GET", f"{V1}reports/weekly", 200),
    person("GET", f"{V1}focus-sessions", 200),
    own("GET", SESSION, 200),
    own_name("PUT", SESSION, 200, 201, {"started_at": "2026-03-09T10:00:00Z", "seconds": 60}),
    own_name("DELETE", SESSION, 204, 204),
    # --- Notifications ---
    person("GET", f"{V1}push", 200),
    person("GET", f"{V1}devices", 200),
    person("POST", f"{V1}devices", 400, {}),
    own("GET", f"{V1}devices/<int:number>", 200),
    own("PATCH", f"{V1}devices/<int:number>", 200, {"locale": "de"}),
    own("DELETE", f"{V1}devices/<int:number>", 204),
    person("GET", f"{V1}preferences", 200),
    person("GET", PREFERENCE, 200),
    person("PATCH", PREFERENCE, 200, {"enabled": False}),
    person("DELETE", PREFERENCE, 204),
    person("GET", f"{V1}reminders", 200),
    person("POST", f"{V1}reminders", 201, {"kind": "routine", "local_time": "08:00"}),
    own("GET", REMINDER, 200),
    own("PATCH", REMINDER, 200, {"enabled": False}),
    own("DELETE", REMINDER, 204),
    own("POST", f"{REMINDER}/snooze", 200, {"minutes": 10}),
    person("GET", f"{V1}inbox", 200),
    person("POST", f"{V1}inbox/read", 200, {"up_to": 2**60}),
    person("GET", f"{V1}inbox/unread", 200),
    own("GET", f"{V1}inbox/<int:number>", 200),
    own("PATCH", f"{V1}inbox/<int:number>", 200, {"read": True}),
    own("DELETE", f"{V1}inbox/<int:number>", 204),
    person("POST", f"{V1}notifications/test", 202),
    own("POST", f"{DELIVERY}/received", 204),
    own("POST", f"{DELIVERY}/opened", 204),
]
"""The project's own routes."""

ACCOUNT_ROWS = [
    everybody("GET", f"{AUTH}config", 200),
    person("GET", f"{AUTH}auth/session", 200),
    Row("DELETE", f"{AUTH}auth/session", 401, 401, 401),  # the answer says that nobody is logged in any more
    person("POST", f"{AUTH}auth/reauthenticate", 200, {"password": PASSWORD}),
    everybody("POST", f"{AUTH}auth/code/confirm", 409, {}),
    everybody("POST", f"{AUTH}auth/password/request", 200, {"email": "nobody@example.com"}),
    everybody("GET", f"{AUTH}auth/password/reset", 400),
    everybody("POST", f"{AUTH}auth/password/reset", 400, {"key": "made-up", "password": "another-long-walk"}),
    everybody("POST", f"{AUTH}auth/login", 400, {"email": "nobody@example.com", "password": "made-up"}),
    Row("POST", f"{AUTH}auth/signup", 200, 409, 409, {"email": "new@example.com", "password": "another-long-walk"}),
    everybody("GET", f"{AUTH}auth/email/verify", 400),
    everybody("POST", f"{AUTH}auth/email/verify", 400, {"key": "made-up"}),
    everybody("POST", f"{AUTH}auth/email/verify/resend", 409),
    person("POST", f"{AUTH}account/password/change", 200, CHANGE),
    person("GET", f"{AUTH}account/email", 200),
    # A second factor keeps the addresses as they are.
    Row("POST", f"{AUTH}account/email", 409, 400, 200, {"email": "another@example.com"}),
    person("PUT", f"{AUTH}account/email", 400, {"email": "ownermark@example.com"}),
    person("PATCH", f"{AUTH}account/email", 400, {"email": "ownermark@example.com", "primary": True}),
    person("DELETE", f"{AUTH}account/email", 400, {"email": "ownermark@example.com"}),
    everybody("POST", f"{AUTH}auth/2fa/authenticate", 401, {"code": "123456"}),
    person("POST", f"{AUTH}auth/2fa/reauthenticate", 400, {"code": "123456"}),
    person("GET", f"{AUTH}account/authenticators", 200),
    own("GET", f"{AUTH}account/authenticators/totp", 200),
    person("POST", f"{AUTH}account/authenticators/totp", 400, {"code": "123456"}),
    # What would weaken the owner's account wants the password again.
    Row("DELETE", f"{AUTH}account/authenticators/totp", 401, 401, 200),
    Row("GET", f"{AUTH}account/authenticators/recovery-codes", 401, 401, 404),
    Row("POST", f"{AUTH}account/authenticators/recovery-codes", 401, 401, 400),
    person("GET", f"{AUTH}auth/sessions", 200),
    Row("DELETE", f"{AUTH}auth/sessions", 401, 200, 400, {"sessions": ["<session>"]}),
    everybody("POST", f"{AUTH}tokens/refresh", 400, {"refresh_token": "made-up"}),
    # There are no phone numbers.
    *(everybody("POST", f"{AUTH}auth/phone/{what}", 409, {"code": "123"}) for what in ("verify", "verify/resend")),
    *(everybody(method, f"{AUTH}account/phone", 404) for method in ("GET", "POST")),
]
"""Those of django-allauth, app client."""
