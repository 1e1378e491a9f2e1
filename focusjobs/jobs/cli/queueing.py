"""`queues list`, `pause`, `resume`, `limit` and `expect`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper

from .. import operations
from ..interventions import queues
from ..looking.backlog import CAP, backlogs
from ..models import Queue
from ..operations import Actor
from .asking import actor_of, add_actor, add_json, check_right, length, natural, time_ahead
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
    names = ("paused_at", "paused_by", "pause_reason", "resume_at", "max_active", "rate", "period", "expected_wait")
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
    parser.add_argument("--until", type=time_ahead, help="resume by itself then: 2h, 2026-03-01T08:00")
    add_actor(parser)
    add_json(parser)


def pause(out: OutputWrapper, options: Options) -> None:
    """Hold a queue back."""
    if not options["reason"].strip():
        raise CommandError("Say why with --reason; it is shown to whoever wonders why nothing runs.")
    operations.pause(_actor(options), options["queue"], options["reason"], options["until"])
    _tell(out, options, f"No further job of the queue {options['queue']} starts; those that run go on.")


def declare_resume(parser: ArgumentParser) -> None:
    """Declare the options of `queues resume`."""
    parser.add_argument("queue")
    add_actor(parser)
    add_json(parser)


def resume(out: OutputWrapper, options: Options) -> None:
    """Let a queue run again."""
    if operations.resume(_actor(options), options["queue"], options["reason"]) is None:
        raise CommandError(f"The queue {options['queue']} was not paused.")
    _tell(out, options, f"The queue {options['queue']} runs again.")


def declare_limit(parser: ArgumentParser) -> None:
    """Declare the options of `queues limit`."""
    parser.add_argument("queue")
    parser.add_argument("--at-once", type=natural, help="jobs that run at the same time, over all workers")
    parser.add_argument("--rate", type=natural, help="jobs that start in a period, over all workers")
    parser.add_argument("--period", type=length, help="1s, 1m, 1h")
    parser.add_argument("--none", action="store_true", help="take all limits away")
    add_actor(parser)
    add_json(parser)


def limit(out: OutputWrapper, options: Options) -> None:
    """Set all limits of a queue; those that are not named are taken away."""
    limits = {"max_active": options["at_once"], "rate": options["rate"], "period": options["period"]}
    if options["none"] == any(value is not None for value in limits.values()):
        raise CommandError("Name the limits that are to hold, or --none.")
    operations.set_limits(_actor(options), options["queue"], **limits, reason=options["reason"])
    said = _limits(Queue.objects.get(name=options["queue"]))
    _tell(out, options, f"The queue {options['queue']} runs {said or 'without limits'}.")


def declare_expect(parser: ArgumentParser) -> None:
    """Declare the options of `queues expect`."""
    parser.add_argument("queue")
    parser.add_argument("--wait", type=length, help="30s, 5m; as on all queues unless told")
    add_actor(parser)
    add_json(parser)


def expect(out: OutputWrapper, options: Options) -> None:
    """Say how long a due job of a queue may wait before the console calls the queue late."""
    operations.set_expected_wait(_actor(options), options["queue"], options["wait"], options["reason"])
    expected = queues.expected_wait(Queue.objects.get(name=options["queue"]))
    _tell(out, options, f"A due job of the queue {options['queue']} may wait for {expected}.")


def _actor(options: Options) -> Actor:
    actor = actor_of(options)
    check_right(actor, "pause_queue")
    return actor


def _tell(out: OutputWrapper, options: Options, sentence: str) -> None:
    if options["json"]:
        as_json(out, {"queue": options["queue"], **_said(Queue.objects.filter(name=options["queue"]).first())})
    else:
        out.write(sentence)
