"""`manage.py queues`: look at queues, pause, resume and limit them."""

from __future__ import annotations

from focusjobs.jobs.cli import asking, queueing
from focusjobs.jobs.cli.verbs import VerbCommand


class Command(VerbCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    help = "Look at queues of background jobs, pause, resume and limit them."
    verbs = (
        ("list", asking.add_json, queueing.list_queues, "list queues"),
        ("pause", queueing.declare_pause, queueing.pause, "start no further job of a queue"),
        ("resume", queueing.declare_resume, queueing.resume, "start jobs of a queue again"),
        ("limit", queueing.declare_limit, queueing.limit, "limit how many jobs run at once or start in a period"),
        ("expect", queueing.declare_expect, queueing.expect, "say how long due jobs may wait"),
    )
