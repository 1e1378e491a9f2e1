"""The two names of a job: the ledger's number and Celery's task id.

A task id is a UUID of version 8 (RFC 9562, section 5.8) that holds the number, so that either gives the other without
a column or an index. Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

from uuid import UUID

PREFIX = 0xF0C0510B_0000_8000 << 64
"""The upper half of every task id of the ledger; its 13th hexadecimal digit is the version, 8."""

VARIANT = 0b10 << 62
LARGEST = (1 << 62) - 1


def task_id_of(job_id: int) -> str:
    """Give the task id of a job's number."""
    if not 0 < job_id <= LARGEST:
        raise ValueError(f"{job_id} is not a job's number.")
    return str(UUID(int=PREFIX | VARIANT | job_id))


def job_id_of(task_id: str) -> int | None:
    """Give the number in a task id, or None where the id is not the ledger's."""
    try:
        value = UUID(task_id).int
    except ValueError:
        return None
    if value >> 62 != (PREFIX | VARIANT) >> 62:
        return None
    return value & LARGEST
