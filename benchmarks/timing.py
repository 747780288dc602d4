"""Percentiles, and loops that the server itself times."""

import math
import statistics
from collections.abc import Sequence

from psycopg import sql

from tests.support.server import Connection

# One transaction a round, as in life: within one, every row version of the round before stays.
LOOP = """
do $loop$
declare
  v_began timestamptz;
  v_seconds double precision[] := '{{}}';
begin
  for i in 1..{rounds} loop
    v_began := clock_timestamp();
    {statement};
    {before}
    v_seconds := v_seconds || extract(epoch from clock_timestamp() - v_began)::double precision;
    {after}
  end loop;
  perform set_config('benchmark.seconds', v_seconds::text, false);
end
$loop$
"""
SAMPLES = "select unnest(current_setting('benchmark.seconds')::double precision[])"


def server_side(
    link: Connection, statement: sql.Composable, rounds: int, *, with_commit: bool = False
) -> list[float]:
    """Seconds of each round of a PL/pgSQL statement in this session; `i` is the round's number."""
    commit, nothing = sql.SQL("commit;"), sql.SQL("")
    link.execute(
        sql.SQL(LOOP).format(
            rounds=sql.Literal(rounds),
            statement=statement,
            before=commit if with_commit else nothing,
            after=nothing if with_commit else commit,
        )
    )
    return [float(str(seconds)) for (seconds,) in link.execute(SAMPLES)]


def percentile(samples: Sequence[float], percent: float) -> float:
    """By nearest rank: always one of the samples, the greatest where they are too few."""
    return sorted(samples)[max(0, math.ceil(len(samples) * percent / 100) - 1)]


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)
