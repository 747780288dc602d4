"""`bunkd-db check` where workers make the calls."""

import json

from tests.support.command import Finished, bunkd
from tests.worker.place import Place

GATE = ("check", "--expect", "external", "--require-active")


def check(place: Place, *arguments: str) -> Finished:
    return bunkd(*(arguments or GATE), DATABASE_URL=place.database.url)


def asked(place: Place) -> tuple[str, str, object]:
    """Status and detail of the check, and the number of workers."""
    report = json.loads(check(place, "check", "--json").out)
    [found] = [one for one in report["checks"] if one["name"] == "our_workers"]
    return found["status"], found["detail"], report["workers"]


def test_a_worker_is_what_the_gate_asks_for(place: Place) -> None:
    place.connection.execute("alter table public.analysis_jobs rename to not_here")
    assert check(place).code == 1
    assert "no worker is running, and the queue cannot be read" in check(place).out
    with place.worker() as one:
        one.said("worker blocked")
        assert asked(place) == ("pass", "1 worker makes the calls", 1)
        # it would call for nothing all the same
        assert check(place).code == 1
        place.connection.execute("alter table public.not_here rename to analysis_jobs")
        assert check(place).code == 0
        place.connection.execute("update bunkd.schedule set paused = true")
        assert check(place).code == 1


def test_one_that_is_gone_is_missed_for_a_day(place: Place) -> None:
    assert asked(place)[0] == "skip"
    with place.worker() as one:
        one.works()
        one.kill()
    place.connection.execute("update bunkd.worker set seen = now() - interval '2 hours'")
    status, detail, workers = asked(place)
    assert (status, workers) == ("warn", 0)
    assert detail == "no worker is running; the last one was seen 2 h ago"
    place.connection.execute("update bunkd.worker set seen = now() - interval '25 hours'")
    assert asked(place)[0] == "skip"


def test_an_upgrade_keeps_the_wake_for_workers_and_takes_it_off_without(place: Place) -> None:
    triggers = "select count(*) from pg_trigger where tgname ~ '^bunkd_'"
    assert place.connection.execute(triggers).fetchone() == (0,)
    with place.worker() as one:
        one.works()
    place.upgrade()
    assert place.connection.execute(triggers).fetchone() == (3,)
    place.connection.execute("update bunkd.worker set seen = now() - interval '25 hours'")
    place.upgrade()
    assert place.connection.execute(triggers).fetchone() == (0,)
