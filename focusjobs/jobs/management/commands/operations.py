"""`manage.py operations`: look at what people did to jobs, stop it, undo it, do the rest."""

from __future__ import annotations

from focusjobs.jobs.cli import operating
from focusjobs.jobs.cli.verbs import VerbCommand


class Command(VerbCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    help = "Look at what people did to background jobs, stop it, undo it, do the rest."
    verbs = (
        ("list", operating.declare_list, operating.list_operations, "list operations"),
        ("show", operating.declare_one, operating.show, "show all about one operation"),
        ("stop", operating.declare_act, operating.stop, "change no further job, put back those not due yet"),
        ("undo", operating.declare_act, operating.undo, "put all jobs back that nobody has touched"),
        ("rest", operating.declare_act, operating.rest, "do what an operation left undone"),
    )
