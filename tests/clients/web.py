"""The web server as it runs in production: gunicorn, on a port that the system chooses and that it then keeps."""

from __future__ import annotations

import re
import time

from tests.launching import launch
from tests.workers import READY_SECONDS, Worker

GUNICORN = ("gunicorn", "focusjobs.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "4")


class WebServer(Worker):
    """A gunicorn in a session of its own, with its worker processes, and its log."""

    address = "127.0.0.1:0"

    def start(self, *options: str, wait: bool = True) -> WebServer:
        """Start it, unless it runs already; with `wait`, return once it listens."""
        if not self.runs():
            bound = ["--no-control-socket", "--bind", self.address]
            self.process = launch(GUNICORN[0], [*GUNICORN[1:], *bound, *options], self._environment(), self._new_log())
        return self.wait_until_ready() if wait else self

    def wait_until_ready(self) -> WebServer:
        """Return once it listens; fails with its log when it ends or the time is up."""
        deadline = time.monotonic() + READY_SECONDS
        while not (listening := re.search(r"Listening at: http://([\d.:]+)", self.log)):
            assert self.runs(), self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)
        self.address = listening[1]
        return self

    @property
    def url(self) -> str:
        """Where it listens, also after it was started again."""
        return f"http://{self.address}"
