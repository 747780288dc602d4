"""Another function with its own queue, url and interval is one more row and an upgrade."""

import json
import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from bunkd_db import provision
from bunkd_db.credential import Credential
from tests.support.checked import check, named
from tests.support.command import ROOT, bunkd, follow, here
from tests.support.database import Database
from tests.support.endpoint import Endpoint, Jobs
from tests.support.held import Held, held, stop_cron
from tests.support.queue import TABLE, add_jobs, count_by_status, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import COMMAND, SCHEDULE, install, upgrade
from tests.support.wait import wait_until

OTHER = "reports"
URL = "http://127.0.0.1:9/functions/v1/make_report"
END = {
    TABLE: "update public.analysis_jobs set status = 'completed' where id = (select id from public.analysis_jobs"
    " where status = 'processing' limit 1 for update skip locked)",
    "app.reports": "update app.reports set status = 'done' where id = (select id from app.reports"
    " where status = 'running' limit 1 for update skip locked)",
}
# each dispatch takes so long that two which begin together meet
SLOWLY = """
create function public.slowly() returns trigger language plpgsql as $$
begin perform pg_sleep(0.5); return new; end $$;
create trigger slowly before insert on bunkd.call for each row execute function public.slowly()
"""
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"


def add(one: Held, *, queue: str, url: str = URL) -> None:
    """What an operator does: a row, its credential, an upgrade."""
    one.connection.execute(
        "insert into bunkd.schedule (name, url, every, max_in_flight, queue_table)"
        " values (%s, %s, '5m', 2, %s)",
        [OTHER, url, queue],
    )
    one.connection.execute(
        "insert into bunkd.credential_inbox values (%s, 'token-of-the-other', 'operator')", [OTHER]
    )
    upgrade(one.database)
    stop_cron(one.connection)


@pytest.fixture
def two(one: Held) -> Held:
    """A second schedule on a queue of its own, of the other generation and in another schema."""
    one.connection.execute("create schema app")
    create_queue(one.connection, 2, "app.reports")
    add(one, queue="app.reports")
    return one


def test_each_has_its_own_job_slots_and_triggers(two: Held) -> None:
    rows = two.connection.execute(
        "select jobname, schedule, command from cron.job order by jobname"
    ).fetchall()
    assert [row[0] for row in rows] == [f"bunkd:{SCHEDULE}", f"bunkd:{OTHER}"]
    assert rows[1][1:] == ("*/5 * * * *", COMMAND.replace(SCHEDULE, OTHER))
    triggers = two.connection.execute(
        "select tgrelid::regclass::text, count(*) from pg_trigger where tgname like 'bunkd%%' group by 1"
    ).fetchall()
    assert {str(row[0]).removeprefix("public."): row[1] for row in triggers} == {
        "analysis_jobs": 3,
        "app.reports": 3,
    }
    assert [two.status("slots", each) for each in (SCHEDULE, OTHER)] == [5, 2]


def test_each_is_called_for_its_own_queue_at_its_own_url(two: Held) -> None:
    add_jobs(two.connection, 1)
    add_jobs(two.connection, 9, table="app.reports")
    assert (two.calls(SCHEDULE), two.calls(OTHER)) == (["wake"], ["wake", "wake"])
    rows = two.connection.execute(
        "select url, headers ->> 'Authorization' from net.http_request_queue order by id"
    ).fetchall()
    assert rows[1] == rows[2] == (URL, "Bearer token-of-the-other")
    assert rows[0][0] != URL
    assert two.tick(OTHER) == two.tick() == "0 sent, 0 settled"


def test_one_transaction_for_both_queues_dispatches_both(two: Held) -> None:
    with two.connection.transaction():
        add_jobs(two.connection, 1)
        add_jobs(two.connection, 1, table="app.reports")
        add_jobs(two.connection, 1)
    assert (two.calls(SCHEDULE), two.calls(OTHER)) == (["wake", "wake"], ["wake"])


def test_each_refills_its_own_slots_only(two: Held) -> None:
    add_jobs(two.connection, 9)
    add_jobs(two.connection, 9, table="app.reports")
    two.take()
    claiming = Jobs(two.database.url, "app.reports")
    claiming.finish(str(claiming.claim()))
    claiming.close()
    assert len(two.calls(SCHEDULE)) == 5
    assert two.calls(OTHER) == ["wake", "wake", "refill"]


def test_one_ones_trouble_is_not_the_others(two: Held) -> None:
    two.connection.execute("drop table app.reports")
    add_jobs(two.connection, 1)
    assert "does not exist" in two.tick(OTHER)
    assert two.tick() == "0 sent, 0 settled"
    assert "does not exist" in str(two.status("problem", OTHER))
    assert two.status("problem") is None
    two.set(OTHER, paused=True)
    assert (two.status("paused"), two.status("paused", OTHER)) == (False, True)


def test_rescue_and_brakes_are_each_ones_own(two: Held) -> None:
    add_jobs(two.connection, 3)
    add_jobs(two.connection, 3, table="app.reports")
    two.take().end(503, "{}")
    two.tick()
    assert "the endpoint fails" in str(two.status("back_off"))
    assert two.status("back_off", OTHER) is None
    assert two.tick(OTHER) == "2 sent, 2 settled"


def test_two_schedules_may_share_a_queue(one: Held) -> None:
    add(one, queue=TABLE)
    add_jobs(one.connection, 9)
    assert (len(one.calls(SCHEDULE)), len(one.calls(OTHER))) == (5, 2)
    one.set(OTHER, wake=False)
    one.tick(OTHER)
    one.tick()
    row = one.connection.execute(
        "select count(*) from pg_trigger where tgname like 'bunkd%%'"
    ).fetchone()
    assert row == (3,)


def test_a_rescue_by_one_schedule_gives_back_no_slot_of_the_other(one: Held) -> None:
    add(one, queue=TABLE)
    add_jobs(one.connection, 9)
    one.take()
    claiming = Jobs(one.database.url)
    claiming.claim()
    claiming.close()
    one.connection.execute(
        "update public.analysis_jobs set started_at = now() - interval '1 hour'"
        " where status = 'processing'"
    )
    one.tick()
    assert count_by_status(one.connection) == {"queued": 9}
    assert (len(one.calls(SCHEDULE)), len(one.calls(OTHER))) == (5, 2)


@pytest.fixture
def impatient(two: Held) -> Iterator[Held]:
    """Whoever waits for a lock looks for a deadlock at once, before our own waits are over."""
    with two.database.admin() as admin:
        admin.execute("alter role postgres set deadlock_timeout = '5ms'")
        try:
            yield two
        finally:
            admin.execute("alter role postgres reset deadlock_timeout")


def active(two: Held, n: int) -> None:
    """Jobs that are being worked on, in both queues."""
    add_jobs(two.connection, n, status="processing")
    add_jobs(two.connection, n, status="running", table="app.reports")


def deadlocks(two: Held) -> int:
    return scalar(two.connection, int, DEADLOCKS)


def test_a_deadlock_among_our_locks_fails_no_writer_and_no_wake(impatient: Held) -> None:
    """One writes to both queues, one in the opposite order; both dispatches want what the other has."""
    two = impatient
    active(two, 1)
    two.connection.execute(SLOWLY.encode())
    before = deadlocks(two)

    def write(first: str, second: str) -> None:
        with two.database.connect() as writer, writer.transaction():
            add_jobs(writer, 1, table=first)
            writer.execute(END[second].encode())

    with ThreadPoolExecutor(2) as pool:
        writers = [
            pool.submit(write, TABLE, "app.reports"),
            pool.submit(write, "app.reports", TABLE),
        ]
        for writer in writers:
            writer.result(20)
    wait_until(lambda: deadlocks(two) > before, message="there was a deadlock")
    assert [two.status("failed_wakes", each) for each in (SCHEDULE, OTHER)] == [0, 0]
    assert (two.calls(SCHEDULE)[:1], two.calls(OTHER)[:1]) == (["wake"], ["wake"])


def test_writers_of_both_queues_in_any_order_never_fail(impatient: Held) -> None:
    """Each takes only rows that are free, so whatever deadlock there were would be ours."""
    two = impatient
    active(two, 200)
    two.take()
    failures: list[psycopg.Error] = []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        with two.database.connect() as writer:
            for _ in range(40):
                tables = chance.sample([TABLE, "app.reports"], 2)
                try:
                    with writer.transaction():
                        for table in tables:
                            if chance.random() < 0.5:
                                writer.execute(END[table].encode())
                            else:
                                add_jobs(writer, 1, table=table)
                except psycopg.Error as error:
                    failures.append(error)

    def ticks() -> None:
        with two.database.connect() as other:
            while writing:
                for schedule in (SCHEDULE, OTHER):
                    other.execute("select bunkd.tick(%s)", [schedule])

    writing = True
    with ThreadPoolExecutor(7) as pool:
        ticking = pool.submit(ticks)
        for done in [pool.submit(write, seed) for seed in range(6)]:
            done.result(60)
        writing = False
        ticking.result(10)
    assert failures == []


def test_a_removed_first_schedule_leaves_the_second_at_work(two: Held) -> None:
    two.connection.execute("select cron.unschedule(%s)", [f"bunkd:{SCHEDULE}"])
    two.connection.execute("delete from bunkd.schedule where name = %s", [SCHEDULE])
    add_jobs(two.connection, 1, table="app.reports")
    assert two.calls(OTHER) == ["wake"]
    assert two.tick(OTHER) == "0 sent, 0 settled"


def test_no_function_knows_the_first_ones_name(one: Held) -> None:
    """But those that look for what the plain recipe left behind under that name."""
    rows = one.connection.execute(
        "select proname from pg_proc where pronamespace = 'bunkd'::regnamespace and prosrc like %s",
        [f"%{SCHEDULE}%"],
    ).fetchall()
    assert {row[0] for row in rows} <= {"retire_legacy_jobs", "find_legacy_jobs"}


def test_both_drain_for_real(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    with held(database, connection, BUNKD_CALL_URL=endpoint.url) as schedule:
        create_queue(connection, 2, "public.reports")
        host = "127.0.0.1" if endpoint.url.startswith("http://127.0.0.1") else "0.0.0.0"
        public = endpoint.url.split("//")[1].split(":")[0]
        with Endpoint(database.url, host=host, public_host=public, table="public.reports") as other:
            add(schedule, queue="public.reports", url=other.url)
            with database.admin() as admin:
                admin.execute("drop rule hold on net.http_request_queue")
            with connection.transaction():
                add_jobs(connection, 3)
                add_jobs(connection, 3, table="public.reports")
            wait_until(
                lambda: (
                    count_by_status(connection) == {"completed": 3}
                    and count_by_status(connection, "public.reports") == {"done": 3}
                ),
                message="both queues drained",
            )
            assert other.peak <= 2


def fenced(two: Held) -> list[tuple[object, ...]]:
    return two.connection.execute("select schedule, fenced from bunkd.status order by 1").fetchall()


@pytest.fixture
def copy(two: Held) -> Held:
    """As after `pg_upgrade`, or a dump in another cluster; an upgrade with url and credential."""
    two.connection.execute("update bunkd.schedule set system_identifier = 42")
    install(two.database)
    assert fenced(two) == [(SCHEDULE, False), (OTHER, True)]
    return two


def test_a_further_schedule_of_a_copy_is_opened_by_its_own_url(copy: Held) -> None:
    """As docs/checks/other_schedules.md has it."""
    add_jobs(copy.connection, 1, table="app.reports")
    assert copy.calls(OTHER) == []
    page = (ROOT / "docs/checks/other_schedules.md").read_text()
    [opens] = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    [url] = re.findall(r"'(https:.*?)'", opens)
    provision.set_credential(copy.database.url, OTHER, Credential("token-of-the-copy"))
    row = copy.connection.execute(opens).fetchone()
    assert fenced(copy) == [(SCHEDULE, False), (OTHER, False)]
    assert row is not None
    assert "schedule reports is open" in str(row[0])
    add_jobs(copy.connection, 1, table="app.reports")
    rows = copy.connection.execute(
        "select url, headers ->> 'Authorization' from net.http_request_queue"
    ).fetchall()
    assert set(rows) == {(url, "Bearer token-of-the-copy")}


def test_one_is_opened_while_the_one_that_upgrades_configure_stays_held(two: Held) -> None:
    """Of a dump: there is no cron job yet, and no upgrade gets as far as making it."""
    two.connection.execute("update bunkd.schedule set system_identifier = 42")
    two.connection.execute("select cron.unschedule(jobid) from cron.job")
    two.connection.execute("select bunkd.open_schedule(%s, %s)", [OTHER, URL])
    assert fenced(two) == [(SCHEDULE, True), (OTHER, False)]
    jobs = two.connection.execute("select jobname from cron.job").fetchall()
    assert jobs == [(f"bunkd:{OTHER}",)]
    stop_cron(two.connection)
    add_jobs(two.connection, 1)
    add_jobs(two.connection, 1, table="app.reports")
    assert (two.calls(SCHEDULE), two.calls(OTHER)) == ([], ["wake"])


def test_a_held_one_is_opened_for_good(copy: Held) -> None:
    copy.set(OTHER, held="now", held_xid=1, held_because="it looks so", timeline="000000FF")
    copy.connection.execute("select bunkd.open_schedule(%s, %s)", [OTHER, URL])
    assert fenced(copy) == [(SCHEDULE, False), (OTHER, False)]
    add_jobs(copy.connection, 1, table="app.reports")
    assert copy.tick(OTHER).endswith("settled")
    assert copy.status("fenced", OTHER) is False


OPENING = [
    f"bunkd-db credential set --schedule {OTHER}",
    f"select bunkd.open_schedule('{OTHER}', 'URL');",
]


def test_everybody_says_how_a_further_schedule_is_opened(copy: Held) -> None:
    problem = str(copy.status("problem", OTHER))
    assert all(command.rstrip(";") in problem for command in OPENING)
    assert "bunkd-db upgrade" not in problem, "it opens another schedule"
    rows = copy.connection.execute(
        "select code, commands from bunkd.find_obstacles(%s)", [OTHER]
    ).fetchall()
    assert rows == [("COPY", OPENING)]
    found = named(check(copy.database), "other_schedules")
    assert (found.status, found.reason) == ("fail", "OTHER_FENCED")
    assert f"{OTHER} (this database is a copy" in found.detail
    assert list(found.commands) == OPENING
    shown = bunkd("check", "--json", "--schedule", OTHER, DATABASE_URL=copy.database.url)
    checks = {each["name"]: each for each in json.loads(shown.out)["checks"]}
    assert checks["schedule"]["commands"] == OPENING
    lines = install(copy.database)
    assert f"NOT SCHEDULED: schedule {OTHER}: {problem}." in lines[:-1]


def test_the_gate_is_shut_while_a_further_schedule_is_fenced(copy: Held) -> None:
    gate = ("check", "--require-active")
    copy.connection.execute("select cron.alter_job(jobid, active := true) from cron.job")
    copy.tick()
    done = bunkd(*gate, DATABASE_URL=copy.database.url)
    assert (done.code, OPENING[1] in done.out + done.err) == (1, True), done
    copy.set(OTHER, paused=True)  # it is not to call from here
    assert bunkd(*gate, DATABASE_URL=copy.database.url).code == 0
    assert named(check(copy.database), "other_schedules").status == "pass"


def test_the_command_as_it_is_printed_opens_nothing(copy: Held) -> None:
    """Pasted in a copy it would call the original's function."""
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="'URL' is not a url"):
        copy.connection.execute(OPENING[1].encode())
    assert copy.status("fenced", OTHER) is True


@pytest.mark.parametrize("url", [None, "", "ftp://x/", "https://", "https:///x", "https://a b/"])
def test_what_is_no_url_opens_nothing(copy: Held, url: str | None) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="is not a url"):
        copy.connection.execute("select bunkd.open_schedule(%s, %s)", [OTHER, url])


def test_a_schedule_that_does_not_exist_is_not_opened(copy: Held) -> None:
    with pytest.raises(
        psycopg.errors.InvalidParameterValue, match="there is no schedule nobody"
    ) as caught:
        copy.connection.execute("select bunkd.open_schedule('nobody', %s)", [URL])
    assert caught.value.diag.message_hint == f"Use one of these: {SCHEDULE}, {OTHER}"


def test_one_that_was_never_provisioned_is_not_opened(copy: Held) -> None:
    copy.connection.execute("insert into bunkd.schedule (name, url) values ('mails', %s)", [URL])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="not provisioned yet"):
        copy.connection.execute("select bunkd.open_schedule('mails', %s)", [URL])


def test_only_the_owner_opens_one(copy: Held) -> None:
    """A superuser would get a cron job of their own."""
    with (
        copy.database.admin() as admin,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="only role postgres"),
    ):
        admin.execute("select bunkd.open_schedule(%s, %s)", [OTHER, URL])
    row = copy.connection.execute(
        "select count(*) from pg_proc p cross join aclexplode(p.proacl) a"
        " where p.proname = 'open_schedule' and a.grantee <> p.proowner"
    ).fetchone()
    assert row == (0,)


def test_the_remedy_for_a_paused_one_resumes_it_alone(two: Held) -> None:
    two.connection.execute("update bunkd.schedule set paused = true")
    rows = two.connection.execute(
        "select unnest(commands) from bunkd.find_obstacles(%s) where code = 'PAUSED'", [SCHEDULE]
    ).fetchall()
    told = {str(command) for (command,) in rows}
    told |= set(named(check(two.database), "schedule").commands)
    for resume in told:
        two.connection.execute("update bunkd.schedule set paused = true")
        follow(resume, two.database.url)
        paused = two.connection.execute("select name from bunkd.schedule where paused").fetchall()
        assert paused == [(OTHER,)]


def test_check_asks_about_the_schedule_that_is_named(two: Held) -> None:
    two.set(OTHER, paused=True)
    gate = ("check", "--require-active", "--json")
    assert bunkd(*gate, DATABASE_URL=two.database.url).code == 1, "stop_cron has stopped both"
    done = bunkd(*gate, "--schedule", OTHER, DATABASE_URL=two.database.url)
    told = json.loads(done.out)
    assert told["schedule"]["name"] == OTHER
    assert told["obstacles"][0]["code"] == "PAUSED"
    done = bunkd("check", "--schedule", "nobody", DATABASE_URL=two.database.url)
    assert done.code == 2
    assert "there is no schedule nobody" in done.err


def test_its_remedies_are_about_it(two: Held) -> None:
    """What is pasted for it does not change the default schedule, nor does a placeholder work."""
    two.connection.execute("update bunkd.schedule set url = null where name = %s", [OTHER])
    given = {"DATABASE_URL": two.database.url}
    command = f"update bunkd.schedule set url = 'URL' where name = '{OTHER}';"  # noqa: S608
    for arguments in (("call",), ("smoke", "--yes")):
        done = here(*arguments, "--json", "--schedule", OTHER, **given)
        assert json.loads(done.out)["commands"] == [command, "bunkd-db upgrade"]
    done = here("check", "--schedule", OTHER, **given)
    assert command in done.out
    done = here("credential", "rotate", "--schedule", OTHER, stdin="x", **given)
    assert done.err.splitlines()[-1].endswith(f"bunkd-db check --schedule {OTHER}")
    done = here("schedule", "set", "--every", "1m", "--schedule", OTHER, **given)
    assert done.out.splitlines()[-1].endswith(f": bunkd-db check --schedule {OTHER}")
    with pytest.raises(psycopg.errors.CheckViolation):
        two.connection.execute(command.encode())
    two.connection.execute(command.replace("'URL'", f"'{URL}'").encode())
    upgrade(two.database)
    assert scalar(two.connection, str, "select url from bunkd.schedule where name = %s", [OTHER])


def test_a_row_that_no_upgrade_has_seen_is_no_copy(one: Held) -> None:
    one.connection.execute("insert into bunkd.schedule (name, url) values (%s, %s)", [OTHER, URL])
    listed = here("schedule", "list", DATABASE_URL=one.database.url).out
    assert f"{OTHER}                not set up" in listed
    told = here("upgrade", "--dry-run", DATABASE_URL=one.database.url).out
    assert f"Schedule {OTHER} would be native: " in " ".join(told.split())
