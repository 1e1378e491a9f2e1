#!/usr/bin/env python
"""Run an administrative command: `python manage.py help` lists them, `python manage.py dev` runs the demo.

Without DATABASE_URL and REDIS_URL a command works on the demo that runs from this directory.
"""

import os
import sys

WITHOUT_SERVICES = {"help", "version", "-h", "--help", "--version"}


def main() -> int:
    """Hand the command line to the demo's runner or to Django, and return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command == "dev":
        from focusjobs.dev.runner import main as run_demo  # before the settings, which need its services

        return run_demo()
    if command not in WITHOUT_SERVICES:
        _find_services()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
    return 0


def _find_services() -> None:
    from focusjobs.dev.environment import join_running_demo
    from focusjobs.dev.errors import DevError

    try:
        join_running_demo()
    except DevError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main())
