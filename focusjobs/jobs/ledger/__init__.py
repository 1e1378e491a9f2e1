"""The only writer of jobs: every statement that makes, moves or ends one.

The life of a job: `insert` writes it in its caller's transaction and rings its queue after the commit. A worker
`claim`s it for an attempt under a lease and `extend`s that while it works. The attempt ends in `finish`, which also
writes the `TaskResult` and settles with the job's parent; a worker that vanished is found by `reap`. `promote` makes
delayed jobs waiting when they are due. What operators do to jobs is in `focusjobs.jobs.interventions`.

Each claim, release and retry raises the job's `fence`; whoever writes later must name the fence it was given, so that
a worker that lost its lease can change nothing. All times are the database's, so that all workers share one clock.
"""

from .claiming import SIZES, claim, claim_by_task_id, extend, held_by_task_id, number_of, release, standing
from .finishing import finish, write_log
from .housekeeping import promote, queues_with_old_messages, queues_with_work, reap, unpublish
from .inserting import insert, insert_many
from .limiting import claim_limited, other_work, seconds_until_room, take_for_publication
from .records import Claim, Ended

__all__ = [
    "SIZES",
    "Claim",
    "Ended",
    "claim",
    "claim_by_task_id",
    "claim_limited",
    "extend",
    "finish",
    "held_by_task_id",
    "insert",
    "insert_many",
    "number_of",
    "other_work",
    "promote",
    "queues_with_old_messages",
    "queues_with_work",
    "reap",
    "release",
    "seconds_until_room",
    "standing",
    "take_for_publication",
    "unpublish",
    "write_log",
]
