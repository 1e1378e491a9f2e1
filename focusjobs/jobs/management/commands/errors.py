"""`manage.py errors`: look at groups of errors, say what is mended, ignored, whose it is."""

from __future__ import annotations

from focusjobs.jobs.cli import triaging
from focusjobs.jobs.cli.verbs import VerbCommand


class Command(VerbCommand):
    """One subcommand for each thing that operators do. Errors are sentences, with exit code 1."""

    help = "Look at groups of errors of background jobs, and sort them."
    verbs = (
        ("list", triaging.declare_list, triaging.list_groups, "list groups of errors"),
        ("show", triaging.declare_one, triaging.show, "show all about one group"),
        ("fix", triaging.declare_fix, triaging.fix, "say that it is mended; it opens again where it comes back"),
        ("ignore", triaging.declare_ignore, triaging.ignore, "let it need nobody, for good or for a while"),
        ("reopen", triaging.declare_reopen, triaging.reopen, "say that it needs somebody"),
        ("assign", triaging.declare_assign, triaging.assign, "say who sees to it"),
        ("note", triaging.declare_note, triaging.annotate, "keep a note at it"),
    )
