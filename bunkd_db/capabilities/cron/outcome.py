"""How a job's last call truly ended: "succeeded" in pg_cron's history says only that the command ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bunkd_db.capabilities.cron.command import Read, Sender
from bunkd_db.capabilities.cron.keys import Mask
from bunkd_db.capabilities.cron.report import Ending, Outcome
from bunkd_db.capabilities.cron.rows import CronJob, CronRun, LastCall
from bunkd_db.capabilities.wording import ago

_NO_LINK = "pg_net keeps no link from answer to job"


@dataclass(frozen=True)
class Known:
    """What is known of runs and calls; None where it could not be read.

    Attributes:
        seen_for: how many seconds the runs that were looked at go back; `whole`: they are all.
    """

    runs: Mapping[int, CronRun] | None
    ledger: Mapping[str, LastCall] | None
    seen_for: float | None
    whole: bool


def outcome_of(job: CronJob, read: Read, known: Known, mask: Mask) -> Outcome:
    """Return the last true outcome of a job's calls."""
    if known.runs is None:
        run = None
    else:
        run = known.runs.get(job.id)
        if run and run.status == "failed":
            said = mask.message(run.message or "")
            text = f"pg_cron's last run failed{_when(run.ago)}: {said or 'no message'}"
            return Outcome(Ending.RUN_FAILED, text, run.at)
    ticks = [call.schedule for call in read.calls if call.sender is Sender.TICK]
    if ticks:
        return _of_ledger(ticks[0], job, known, mask)
    if known.runs is None:
        return Outcome(Ending.UNKNOWN, "this role cannot read pg_cron's runs")
    if run is None:
        return Outcome(Ending.NO_RUN, f"no run{_where(known)}")
    if run.status != "succeeded":
        return Outcome(Ending.RUNNING, f"its first run has not ended yet ({run.status})", run.at)
    if any(call.sender is Sender.PG_NET for call in read.calls):
        direct = any(c.sender is Sender.PG_NET and not c.source for c in read.calls)
        what = "queued" if direct else "ran (its function can have queued a call)"
        return Outcome(Ending.QUEUED, f"{what}{_when(run.ago)}; {_NO_LINK}", run.at)
    text = f"ran{_when(run.ago)} without an error; the status that was answered is not recorded"
    return Outcome(Ending.ANSWERED, text, run.at)


def _of_ledger(schedule: str | None, job: CronJob, known: Known, mask: Mask) -> Outcome:
    if not job.here:
        return Outcome(Ending.UNKNOWN, f"its ledger is in database {mask.line(job.database)}")
    if known.ledger is None:
        return Outcome(
            Ending.UNKNOWN, "the ledger of bunkd-db is gone, or this role cannot read it"
        )
    last = known.ledger.get(schedule or "")
    if last is None:
        return Outcome(Ending.UNKNOWN, "it ticks for a schedule that does not exist here")
    if last.outcome is None:
        return Outcome(Ending.NO_CALL, "the ledger has no call of the last 7 days that was settled")
    status = f" ({last.status})" if last.status else ""
    text = f"the last call ended{_when(last.ago)}: {last.outcome}{status}"
    if last.outcome == "lost":
        return Outcome(Ending.UNKNOWN, f"{text}, pg_net kept no answer", last.at)
    return Outcome(Ending.CALL_FAILED if last.failed else Ending.OK, text, last.at)


def _when(seconds: float | None) -> str:
    return "" if seconds is None else f" {ago(seconds)} ago"


def _where(known: Known) -> str:
    where = "in pg_cron's history" if known.whole else "among pg_cron's last 10,000 runs"
    goes = "goes" if known.whole else "go"
    since = "" if known.seen_for is None else f", which {goes} back {ago(known.seen_for)}"
    return f" {where}{since}"
