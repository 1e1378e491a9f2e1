"""`manage.py jobs`: look at jobs, retry, cancel, promote, reschedule, edit, drain, clean."""

from __future__ import annotations

from functools import partial

from focusjobs.jobs.cli import asking, moving, reading, upkeep
from focusjobs.jobs.cli.verbs import VerbCommand


class Command(VerbCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    help = "Look at background jobs and act on them, one by one or all that match a filter."
    verbs = (
        ("list", reading.declare_list, reading.list_jobs, "list jobs"),
        ("show", reading.declare_show, reading.show, "show all about one job"),
        ("counts", asking.add_json, reading.count, "count jobs by state and queue"),
        ("edit", upkeep.declare_edit, upkeep.edit, "run a job again with other arguments, as a new job"),
        ("drain", moving.declare_drain, moving.drain, "cancel everything that waits in a queue"),
        ("clean", upkeep.declare_clean, upkeep.clean, "delete finished jobs of a state"),
        ("prune", asking.add_json, upkeep.prune, "delete finished jobs that the settings do not keep"),
        *(
            (name, partial(moving.declare, move), partial(moving.move_jobs, move), move.help)
            for name, move in moving.MOVES.items()
        ),
    )
