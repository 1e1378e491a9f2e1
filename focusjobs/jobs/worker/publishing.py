"""Sends the Celery messages of jobs that go by a message of their own (`focusjobs.jobs.worker.message_lane`)."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.utils.json import loads

from .. import ledger
from ..domain.identity import task_id_of
from ..telling import wakeups

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""Messages that are sent in one transaction."""

LOST = timedelta(minutes=1)
"""After this long a message is taken for lost if its queue in Redis is empty."""


def publish(queue: str) -> int:
    """Send the messages of waiting jobs; answer how many. A message that cannot be sent leaves its job unpublished."""
    try:
        return _publish(queue)
    except OperationalError as error:  # what the drain has claimed beside it must not suffer
        logger.warning("messages not sent", extra={"queue": queue, "error": str(error)})
        return 0


@transaction.atomic
def _publish(queue: str) -> int:
    jobs = ledger.take_for_publication(queue, AT_ONCE)
    for number, name, arguments, options, celery_id in jobs:
        sent = loads(options).get("celery", {}) if options else {}
        # By name: this process may lack the task, and `Task.apply_async` would write another job.
        current_app.send_task(
            name, (), json.loads(arguments), task_id=celery_id or task_id_of(number), queue=queue, **sent
        )
    return len(jobs)


def forgive_lost_messages() -> None:
    """Let messages be sent again that were lost on their way."""
    for queue in ledger.queues_with_old_messages(LOST):
        if wakeups.is_empty(queue):
            ledger.unpublish(queue, LOST)
