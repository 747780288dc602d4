"""What the plain recipe did (pg_cron every minute, one POST), and what follows for longer times."""

from dataclasses import dataclass, field, fields

from benchmarks.timing import percentile

HOUR = 3600


@dataclass
class Plain:
    """Measured from its own firings; times in seconds. What was not measured is empty."""

    firings: int = 0
    gaps: list[float] = field(default_factory=list)
    """Between two firings."""
    late: list[float] = field(default_factory=list)
    """From the full minute to the call."""
    empty: int = 0
    """Firings that found the queue empty, and called all the same."""
    idle: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    came: int = 0
    """Jobs of a backlog, …"""
    called: int = 0
    """… those of them that were called for, …"""
    calls: int = 0
    """… and by how many calls."""
    span: float = 0.0
    """Seconds that the backlog was watched for, from firing to firing."""
    again: int = 0

    def add(self, more: "Plain") -> None:
        """Put what a further part found to the rest."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(more, each.name))

    def pickup(self, percent: float) -> float | None:
        """A job alone."""
        return percentile(self.idle, percent) if self.idle else None

    def pickup_behind(self, percent: float) -> float | None:
        """A job that is queued while a long one runs."""
        return percentile(self.behind, percent) if self.behind else None

    @property
    def each(self) -> float | None:
        """Seconds from one job of a backlog to the next."""
        return self.span / self.called if self.called else None

    @property
    def calls_a_job(self) -> float | None:
        return self.calls / self.called if self.called else None

    def drain(self, jobs: int) -> float | None:
        """Extrapolated: this many jobs at the pace of those of the backlog."""
        return None if self.each is None else jobs * self.each

    def pickup_paced(self, percent: float, jobs: int, pace: float) -> float | None:
        """Extrapolated: this many jobs, one every `pace` seconds, the first in the middle of two firings."""
        if self.each is None:
            return None
        waits = [(n + 0.5) * self.each - n * pace for n in range(jobs)]
        return percentile(waits, percent)

    def calls_an_hour(self) -> float | None:
        """Extrapolated: the firings of an hour, each of which is a call."""
        return HOUR * len(self.gaps) / sum(self.gaps) if self.gaps else None

    def notes(self) -> list[str]:
        """What of the plain recipe's column was measured, and how; nothing where it did not run."""
        if not self.gaps:
            return []
        said = [
            f"Plain recipe: {self.firings} firings, {_range(self.gaps)} s apart, each at most"
            f" {1000 * max(self.late):.0f} ms after the full minute; {self.empty} of them found an empty"
            f" queue and called all the same: ~{self.calls_an_hour():.1f} calls an hour."
        ]
        if self.idle:
            said.append(
                f"Plain recipe, a job alone: {len(self.idle)} jobs, inserted at even distances over the"
                f" minute, each with a call of its own at the next firing, waited {_range(self.idle)} s."
            )
        if self.behind:
            said.append(
                f"Plain recipe, behind a long job: {len(self.behind)} jobs, inserted at even distances while"
                f" it ran, waited {_range(self.behind)} s for the next firing. Neither release nor detach"
                " changes that."
            )
        if self.each is not None:
            said.append(
                f"Plain recipe, a backlog: of {self.came} jobs that came in {self.span:.0f} s, two a second,"
                f" {self.called} were called for, by {self.calls} calls: it grows forever. The drains, and"
                f" the wait at two inserts a second, are extrapolated (~) from that: a job every"
                f" {self.each:.1f} s."
            )
        if self.again:
            said.append(
                f"Plain recipe, minutes that were watched again, because the clock was set or pg_cron rested:"
                f" {self.again}."
            )
        return said


def _range(seconds: list[float]) -> str:
    return f"{min(seconds):.1f} to {max(seconds):.1f}"
