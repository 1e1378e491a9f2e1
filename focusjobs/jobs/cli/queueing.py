"""`queues list`, `pause`, `resume` and `limit`."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper

from .. import queues
from ..backlog import CAP, backlogs
from ..models import Queue
from .asking import add_json, length, natural, time_ahead
from .output import as_json, capped, cell, table

Options = dict[str, Any]


def list_queues(out: OutputWrapper, options: Options) -> None:
    """Print what each queue has to do and what holds it back."""
    kept = {queue.name: queue for queue in Queue.objects.all()}
    works = backlogs(sorted({*settings.JOBS_QUEUES, *kept}))
    if options["json"]:
        return as_json(out, [{**vars(work), **_said(kept.get(work.queue))} for work in works])
    headings = ("queue", "waiting", "delayed", "active", "oldest due", "limits", "paused")
    table(
        out,
        headings,
        (
            (
                work.queue,
                *(capped(number, CAP) for number in (work.waiting, work.delayed, work.active)),
                *(work.oldest, _limits(kept.get(work.queue)), _pause(kept.get(work.queue))),
            )
            for work in works
        ),
    )
    return None


def _said(queue: Queue | None) -> dict[str, Any]:
    names = ("paused_at", "paused_by", "pause_reason", "resume_at", "max_active", "rate", "period")
    return {name: getattr(queue, name, None) for name in names}


def _limits(queue: Queue | None) -> str | None:
    if queue is None:
        return None
    at_once = f"{queue.max_active} at once" if queue.max_active else ""
    rate = f"{queue.rate} per {queue.period}" if queue.rate else ""
    return ", ".join(filter(None, (at_once, rate))) or None


def _pause(queue: Queue | None) -> str | None:
    if queue is None or queue.paused_at is None:
        return None
    until = f" until {cell(queue.resume_at)}" if queue.resume_at else ""
    return (
        f"by {queue.paused_by}{until}: {queue.pause_reason}" if queue.pause_reason else f"by {queue.paused_by}{until}"
    )


def declare_pause(parser: ArgumentParser) -> None:
    """Declare the options of `queues pause`."""
    parser.add_argument("queue")
    parser.add_argument("--reason", required=True, help="shown to whoever wonders why nothing runs")
    parser.add_argument("--until", type=time_ahead, help="resume by itself then: 2h, 2026-03-01T08:00")
    parser.add_argument("--by", default="", help="who pauses it; the user of this computer unless told")
    add_json(parser)


def pause(out: OutputWrapper, options: Options) -> None:
    """Hold a queue back."""
    by = options["by"] or getpass.getuser()
    queues.pause(options["queue"], by=by, reason=options["reason"], resume_at=options["until"])
    _tell(out, options, f"No further job of the queue {options['queue']} starts; those that run go on.")


def declare_resume(parser: ArgumentParser) -> None:
    """Declare the options of `queues resume`."""
    parser.add_argument("queue")
    add_json(parser)


def resume(out: OutputWrapper, options: Options) -> None:
    """Let a queue run again."""
    if not queues.resume(options["queue"]):
        raise CommandError(f"The queue {options['queue']} was not paused.")
    _tell(out, options, f"The queue {options['queue']} runs again.")


def declare_limit(parser: ArgumentParser) -> None:
    """Declare the options of `queues limit`."""
    parser.add_argument("queue")
    parser.add_argument("--at-once", type=natural, help="jobs that run at the same time, over all workers")
    parser.add_argument("--rate", type=natural, help="jobs that start in a period, over all workers")
    parser.add_argument("--period", type=length, help="1s, 1m, 1h")
    parser.add_argument("--none", action="store_true", help="take all limits away")
    add_json(parser)


def limit(out: OutputWrapper, options: Options) -> None:
    """Set all limits of a queue; those that are not named are taken away."""
    limits = {"max_active": options["at_once"], "rate": options["rate"], "period": options["period"]}
    if options["none"] == any(value is not None for value in limits.values()):
        raise CommandError("Name the limits that are to hold, or --none.")
    queues.set_limits(options["queue"], **limits)
    said = _limits(Queue.objects.get(name=options["queue"]))
    _tell(out, options, f"The queue {options['queue']} runs {said or 'without limits'}.")


def _tell(out: OutputWrapper, options: Options, sentence: str) -> None:
    if options["json"]:
        as_json(out, {"queue": options["queue"], **_said(Queue.objects.filter(name=options["queue"]).first())})
    else:
        out.write(sentence)
