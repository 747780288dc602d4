"""How much is measured: by default in about 30 minutes, quickly in some."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Counts; times in seconds. Those of the plain recipe are minutes, but for its jobs in one."""

    plain_empty: int = 1
    plain_rounds: int = 2
    plain_jobs: int = 12
    plain_behind: int = 1
    plain_backlog: int = 2
    idle_pickups: int = 40
    paced_pickups: int = 60
    long_work: float = 20.0
    release_windows: int = 3
    detach_windows: int = 4
    short_jobs: int = 400
    slow_jobs: int = 40
    slow_work: float = 10.0
    finished_rows: int = 10_000_000
    ticks: int = 500
    fresh_sessions: int = 10
    inserts: int = 500
    taking_rounds: int = 5
    bulk_rows: int = 100_000
    bulk_rounds: int = 11
    startups: int = 5
    beside_pickups: int = 30
    beside_long: float = 10.0
    beside_empty: int = 1000
    beside_rounds: int = 3
    beside_bulk: int = 10_000
    beside_idle: float = 30.0


FULL = Sizes()
QUICK = Sizes(
    plain_empty=0,
    plain_rounds=1,
    plain_behind=0,
    plain_backlog=0,
    idle_pickups=5,
    paced_pickups=12,
    long_work=8.0,
    release_windows=1,
    detach_windows=1,
    short_jobs=100,
    slow_jobs=20,
    slow_work=4.0,
    finished_rows=200_000,
    ticks=200,
    fresh_sessions=3,
    inserts=200,
    taking_rounds=1,
    bulk_rows=20_000,
    bulk_rounds=3,
    startups=2,
    beside_pickups=3,
    beside_long=3.0,
    beside_empty=200,
    beside_rounds=1,
    beside_bulk=1000,
    beside_idle=3.0,
)
