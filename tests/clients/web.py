"""The web server as it runs in production: gunicorn, on a port that the system chooses and that it then keeps."""

from __future__ import annotations

import re
from typing import Self

from tests.workers import Worker

GUNICORN = ("gunicorn", "focusjobs.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "4")


class WebServer(Worker):
    """A gunicorn in a session of its own, with its worker processes, and its log."""

    READY = r"Listening at: http://([\d.:]+)"
    address = "127.0.0.1:0"

    def _command(self) -> list[str]:
        return [*GUNICORN, "--no-control-socket", "--bind", self.address]

    def wait_until_ready(self) -> Self:
        """Return once it listens, and know where."""
        super().wait_until_ready()
        self.address = re.findall(self.READY, self.log)[0]
        return self

    @property
    def url(self) -> str:
        """Where it listens, also after it was started again."""
        return f"http://{self.address}"
