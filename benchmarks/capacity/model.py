"""The model: what a day of so many people needs, from the costs of what they do. Pure: no clock, no I/O.

A day is 24 hours of UTC. In each hour people of every zone do what people do at their local hour (`BEHAVIOUR`); each
act costs CPU time of four tiers, WAL, commits and commands to Valkey (`Use`). What is needed is what the fullest hour
takes, with room for bursts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TIERS = ("postgres", "worker", "web", "valkey")


@dataclass(frozen=True)
class Use:
    """What something takes: CPU seconds by tier, bytes of WAL, commits, commands to Valkey, seconds of the clock."""

    cpu: Mapping[str, float]
    wal: float = 0.0
    commits: float = 0.0
    commands: float = 0.0
    seconds: float = 0.0

    def __sub__(self, other: Use) -> Use:
        return self + other * -1

    def __add__(self, other: Use) -> Use:
        return Use(
            {tier: self.cpu[tier] + other.cpu[tier] for tier in TIERS},
            self.wal + other.wal,
            self.commits + other.commits,
            self.commands + other.commands,
            self.seconds + other.seconds,
        )

    def __mul__(self, times: float) -> Use:
        return Use(
            {tier: self.cpu[tier] * times for tier in TIERS},
            self.wal * times,
            self.commits * times,
            self.commands * times,
            self.seconds * times,
        )


def at_least_nothing(use: Use) -> Use:
    """Give a use without what is below zero, as a small one is that was measured beside a busier idle stack."""
    cpu = {tier: max(0.0, use.cpu[tier]) for tier in TIERS}
    return Use(cpu, max(0.0, use.wal), max(0.0, use.commits), max(0.0, use.commands), use.seconds)


NOTHING = Use(dict.fromkeys(TIERS, 0.0))

ACTS = ("push", "row", "pull", "reminder", "close", "job")
"""What is counted: a push with its first two rows, each further row of it (of days long past, as after weeks away), a
pull without news, a reminder that is planned, decided about and sent, a person's day that is closed, a job that writes
a row."""


@dataclass(frozen=True)
class Costs:
    """What one of each act takes, what the idle stack takes a second, and bytes of a row by table, indexes included."""

    acts: Mapping[str, Use]
    idle: Use
    bytes: Mapping[str, float] = field(default_factory=dict)

    def predict(self, done: Mapping[str, float], seconds: float) -> Use:
        """Give what so many acts take in so many seconds."""
        return sum((self.acts[act] * times for act, times in done.items()), NOTHING) + self.idle * seconds


ZONES: Mapping[int, float] = {
    -8: 0.05,
    -7: 0.02,
    -6: 0.06,
    -5: 0.11,
    -4: 0.04,
    -3: 0.07,
    0: 0.06,
    1: 0.14,
    2: 0.08,
    3: 0.08,
    4: 0.01,
    5: 0.12,
    7: 0.05,
    8: 0.06,
    9: 0.04,
    10: 0.01,
}
"""Share of the people by hours before UTC: an app for English and European languages first. An assumption."""

AWAKE = (1, 0.5, 0.3, 0.2, 0.3, 1, 4, 7, 7, 5, 4, 4, 5, 4, 4, 4, 5, 6, 7, 8, 9, 9, 7, 3)
"""How often people open the app by local hour, from midnight on, in parts of their sum. An assumption: mornings and
evenings, as habits are ticked then."""

REMINDED = (0.2, 0.1, 0.1, 0.1, 0.3, 1, 5, 10, 12, 8, 4, 3, 6, 4, 2, 2, 3, 4, 6, 7, 8, 8, 4, 1)
"""When reminders are set to go off, in parts of their sum. An assumption."""

MIDNIGHT = (1.0, *(0.0 for _ in range(23)))
"""When days end."""


@dataclass(frozen=True)
class Behaviour:
    """What a person who uses the app does in a day. Assumptions, but for what the product's settings say."""

    habits: float = 5
    recorded: float = 0.85
    """Share of the habits that have a record for a day."""
    pushes: float = 4
    rows_of_push: float = 2
    pulls: float = 6
    reminders: float = 2
    jobs: float = 0.2
    """Jobs of other kinds: letters, exports, imports."""
    burst: float = 1.5
    """How much fuller the fullest minutes of an hour are than the hour."""
    on_the_hour: float = 0.5
    """Share of an hour's reminders that are set to its first minute."""
    spread: float = 30
    """Seconds over which the reminders of a minute are spread: PUSH_SPREAD_SECONDS."""
    busy: float = 0.6
    """How busy a core should be at most."""

    def daily(self) -> dict[str, tuple[float, tuple[float, ...]]]:
        """Give each act's number a day and its weights by local hour."""
        return {
            "push": (self.pushes, AWAKE),
            "row": (self.pushes * max(0.0, self.rows_of_push - 2), AWAKE),
            "pull": (self.pulls, AWAKE),
            "reminder": (self.reminders, REMINDED),
            "close": (1.0, MIDNIGHT),
            "job": (self.jobs, AWAKE),
        }


BEHAVIOUR = Behaviour()


def acts_of_hour(users: float, hour: int, behaviour: Behaviour = BEHAVIOUR) -> dict[str, float]:
    """Give how often each act happens in an hour of UTC."""
    return {
        act: users * times * sum(share * _weight(weights, hour + zone) for zone, share in ZONES.items())
        for act, (times, weights) in behaviour.daily().items()
    }


def _weight(weights: tuple[float, ...], hour: int) -> float:
    return weights[hour % 24] / sum(weights)


@dataclass(frozen=True)
class Need:
    """What so many people need, a second in the fullest minutes, but for what is told by day and year.

    cores: by tier. planned_s: reminders of one minute, over that minute. closed_s: days that end, over the fullest
    hour. rows_year, disk_tb_year: what is kept for good, disk_tb_recent: what goes after a while. wal_tb_day: what an
    archive takes. connections: to PostgreSQL, of web and workers, without a pooler.
    """

    users: float
    cores: Mapping[str, float]
    wal_mb_s: float
    wal_tb_day: float
    commits_s: float
    commands_s: float
    sends_s: float
    planned_s: float
    closed_s: float
    pushes_s: float
    connections: float
    rows_year: float
    disk_tb_year: float
    disk_tb_recent: float


def fullest(acts: Mapping[str, float], behaviour: Behaviour = BEHAVIOUR) -> dict[str, float]:
    """Give how often a second each act happens in the fullest minutes of an hour; for reminders, its first."""
    found = {act: times * behaviour.burst / 3600 for act, times in acts.items()}
    told = acts["reminder"] * behaviour.on_the_hour / behaviour.spread
    return {**found, "reminder": max(found["reminder"], told)}


def need(users: float, costs: Costs, behaviour: Behaviour = BEHAVIOUR) -> Need:
    """Work out what so many people need."""
    hours = [acts_of_hour(users, hour, behaviour) for hour in range(24)]
    rates = [fullest(acts, behaviour) for acts in hours]
    uses = [costs.predict(rate, 1) for rate in rates]
    cores = {tier: max(use.cpu[tier] for use in uses) / behaviour.busy for tier in TIERS}
    rows = users * behaviour.habits * behaviour.recorded * 365
    kept = rows * costs.bytes["habits_completion"] + users * 365 * costs.bytes["analytics_userday"]
    told = users * behaviour.reminders * TOLD_KEPT
    recent = told * (costs.bytes["notifications_notification"] + costs.bytes["notifications_delivery"])
    return Need(
        users=users,
        cores=cores,
        wal_mb_s=max(use.wal for use in uses) / 1e6,
        wal_tb_day=sum(costs.predict(acts, 3600).wal for acts in hours) / 1e12,
        commits_s=max(use.commits for use in uses),
        commands_s=max(use.commands for use in uses),
        sends_s=max(rate["reminder"] for rate in rates),
        planned_s=max(rate["reminder"] for rate in rates) * behaviour.spread / 60,
        closed_s=max(acts["close"] for acts in hours) / 3600,
        pushes_s=max(rate["push"] for rate in rates),
        connections=cores["web"] * THREADS + cores["worker"] * OF_PROCESS,
        rows_year=rows,
        disk_tb_year=kept / 1e12,
        disk_tb_recent=(recent + users * JOBS_KEPT * costs.bytes["jobs_job"]) / 1e12,
    )


THREADS = 4
"""Threads of a web process, one process a core; each has a connection."""

OF_PROCESS = 2.25
"""Connections of a worker's process: jobs, pulse, and a quarter of a housekeeper's."""

TOLD_KEPT = 30
"""Days for which notifications are kept: PUSH_KEEP_DAYS."""

JOBS_KEPT = 7 * 5
"""Jobs of a person in the ledger: a week of one for each push's statistics, and some more."""

LIMITS: Mapping[str, tuple[str, float, str]] = {
    "cores of one primary": ("postgres", 64, "what one machine is rented with without special order"),
    "WAL of one primary, MB/s": ("wal_mb_s", 300, "a network disk with 500 MB/s, half left for checkpoints"),
    "commits of one primary, /s": (
        "commits_s",
        50_000,
        "group commit on a local NVMe disk",
    ),
    "cores of one Valkey": ("valkey", 1, "it runs commands on one core"),
    "connections without a pooler": ("connections", 500, "each is a process; deploy/pgbouncer from 100 on"),
    "messages to FCM, /s": ("sends_s", 8_000, "PUSH_RATES; a project's quota is 600,000 a minute"),
    "reminders planned by one job, /s": (
        "planned_s",
        20_000,
        "`plan_reminders` runs once at a time; benchmarks/README.md",
    ),
    "days closed by one job, /s": ("closed_s", 11_000, "`close_days` runs once at a time, on one core of PostgreSQL"),
    "rows kept in a year, billions": ("rows_billions", 2, "vacuum and an index of one table in a night"),
}
"""What one of each can do, in round numbers, with the reason; where a need exceeds it, the shape has to change."""


def value_of(found: Need, name: str) -> float:
    """Give the need that a limit speaks of."""
    if name in TIERS:
        return found.cores[name]
    return found.rows_year / 1e9 if name == "rows_billions" else float(getattr(found, name))


def breaking_points(costs: Costs, behaviour: Behaviour = BEHAVIOUR) -> dict[str, float]:
    """Give how many people each limit bears, the tightest first; needs grow evenly, from what an idle stack takes."""
    one, two = need(1e6, costs, behaviour), need(2e6, costs, behaviour)
    found = {}
    for label, (name, limit, _) in LIMITS.items():
        of_one = value_of(one, name)
        found[label] = 1e6 * (1 + (limit - of_one) / (value_of(two, name) - of_one))
    return dict(sorted(found.items(), key=lambda item: item[1]))
