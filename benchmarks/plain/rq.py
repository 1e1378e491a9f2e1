"""RQ's side: a connection and a function that does nothing."""

from __future__ import annotations

import os

import redis
from rq import Queue

connection = redis.Redis.from_url(os.environ["REDIS_URL"])
queue = Queue("rq", connection=connection)


def noop(n: int, data: str) -> None:
    """Do nothing."""


if __name__ == "__main__":  # RQ's quickest worker: it runs jobs in its own process in place of a fork for each
    from rq import SimpleWorker

    SimpleWorker([queue], connection=connection, log_job_description=False).work(logging_level="WARNING")
