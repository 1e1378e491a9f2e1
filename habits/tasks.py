"""Background work of the habits app."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPRecipientsRefused

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from focusjobs.jobs import Cancel, Exponential, Snooze, current_job, schedule, task
from habits.delivery import deliver, forget_letters
from habits.erasing import erase, late_closures
from habits.exports import forget_exports, make_export
from habits.imports.backup import UnreadableBackup
from habits.imports.detect import read_backup
from habits.imports.forgetting import forget_backups
from habits.imports.restore import restore
from habits.merging import Busy, drain, forget, late_users
from habits.models import Backup

LATE = timedelta(seconds=30)
"""Age at which a push counts as left behind."""


@task(
    queue="imports",
    attempts=3,
    backoff=Exponential(base=timedelta(seconds=30)),
    atomic=True,
    give_up_on=(UnreadableBackup,),
)
def import_backup(*, backup_id: int) -> dict[str, int]:
    """Bring a person's habits to what their backup says: all of it or, where it cannot be read, nothing.

    Answers what was written (`habits.imports.restore.ImportSummary`). Raises `UnreadableBackup`, and `Cancel` where the
    person has removed it. The row is locked to the end, so that nobody removes it meanwhile.
    """
    backup = Backup.objects.select_for_update(of=("self",)).select_related("user").filter(pk=backup_id).first()
    if backup is None:
        raise Cancel("The file was removed before it was imported.")
    if backup.content is None:
        raise UnreadableBackup(f"“{backup.filename}” is not kept any more; upload it again.")
    with tempfile.NamedTemporaryFile() as file:
        file.write(backup.content)
        file.flush()
        habits = read_backup(Path(file.name), backup.filename)
    current_job().log(f"“{backup.filename}” holds {len(habits)} habits.")
    summary = asdict(restore(backup.user, habits, on_progress=current_job().progress))
    backup.content, backup.imported_at = None, timezone.now()
    backup.save(update_fields=["content", "imported_at"])
    return summary


@task(queue="default", attempts=20, backoff=Exponential(base=timedelta(seconds=1), cap=timedelta(minutes=5)))
def merge_pushes(*, user_id: int) -> None:
    """Merge what a person's phones have pushed and nobody merged yet."""
    try:
        drain(user_id, patience=timedelta(seconds=10))
    except Busy as busy:
        raise Snooze(timedelta(seconds=2)) from busy


@task(queue="default", attempts=1)
def sweep_pushes() -> int:
    """Have pushes merged that have waited for longer than any job takes; answer for how many people."""
    users = list(late_users(LATE))
    merge_pushes.using(unique_key="sync:{user_id}", unique_until="started").enqueue_many(
        {"user_id": user_id} for user_id in users
    )
    return len(users)


@task(queue="default", attempts=3, timeout=timedelta(hours=1))
def forget_synced() -> dict[str, int]:
    """Forget pushes, lost texts and deleted habits that are past their time (`habits.merging.forgetting`)."""
    return forget()


@task(
    queue="default",
    attempts=12,
    backoff=Exponential(base=timedelta(seconds=5), cap=timedelta(hours=1)),
    give_up_on=(SMTPRecipientsRefused,),
    timeout=timedelta(minutes=1),
)
def send_letter(*, letter_id: int) -> None:
    """Send an e-mail about an account."""
    deliver(letter_id)


@task(queue="imports", attempts=3, backoff=Exponential(base=timedelta(seconds=30)), timeout=timedelta(minutes=10))
def export_data(*, user_id: int) -> dict[str, int]:
    """Make the file of all that is kept about a person; answers how many rows and bytes it has."""
    return make_export(user_id, current_job().progress)


@task(queue="default", attempts=20, backoff=Exponential(base=timedelta(seconds=2), cap=timedelta(hours=1)))
def erase_account(*, user_id: int) -> dict[str, int]:
    """Erase an account that its person has deleted; answers how many rows of each model went."""
    return erase(user_id)


@task(queue="default", attempts=3)
def tidy_accounts() -> dict[str, int]:
    """Delete letters that nobody could send, files and sessions that are over, and what closed late."""
    SessionStore.clear_expired()
    closed = late_closures()
    erase_account.using(unique_key="account:{user_id}").enqueue_many({"user_id": user_id} for user_id in closed)
    files = {"exports": forget_exports(), "backups": forget_backups()}
    return {"letters": forget_letters(), **files, "accounts": len(closed)}


schedule("sweep-pushes", sweep_pushes, every=timedelta(minutes=1), missed="once", overlap=False)
schedule("forget-synced", forget_synced, cron="17 3 * * *")
schedule("tidy-accounts", tidy_accounts, cron="47 * * * *")
