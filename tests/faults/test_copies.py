"""A copy of the server's files calls nobody; a failover goes on."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support import cluster, status
from tests.support.checked import check, named
from tests.support.database import Database, clean
from tests.support.endpoint import Endpoint, Received
from tests.support.held import running, stop_cron
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection, Server, Unavailable, connect
from tests.support.standby import promote, restored, standby
from tests.support.ticks import tick
from tests.support.upgrade import CREDENTIAL, SCHEDULE, install, upgrade
from tests.support.wait import wait_until
from tests.support.wipe import Baseline
from tests.support.worker import worker

RESTORED = "this database looks restored from a backup (no sign of life for 3 h before it)"
SENTENCE = (
    f"{RESTORED}: no call is made, because it would call for the original as well. If this is not a copy,"
    " or to let it call: run bunkd-db upgrade here with BUNKD_CALL_URL (or SUPABASE_URL) and"
    " BUNKD_CREDENTIAL set"
)

# a worker hears of an upgrade only where no transaction can be prepared
CHANGES: dict[str, str | None] = {"autovacuum": "off", "max_prepared_transactions": "0"}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Baseline]]:
    """A primary; nothing but a test commits on it, so a test decides when its last commit was."""
    try:
        with cluster.start(CHANGES) as server, server.admin() as admin:
            yield server, Baseline.of(admin)
    except Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture
def primary(servers: tuple[Server, Baseline]) -> Database:
    return clean(*servers)


@pytest.fixture
def function(primary: Database) -> Iterator[Endpoint]:
    """The original's: it works off the primary's queue."""
    with Endpoint(primary.url) as running:
        yield running


def original(primary: Database, function: Endpoint, **env: str) -> None:
    """An installation that has worked off one job three hours ago, and has three that wait."""
    with primary.connect() as connection:
        schedule = running(primary, connection, function.url, 2, BUNKD_MAX_IN_FLIGHT="3", **env)
        add_jobs(connection)
        wait_until(lambda: schedule.tick() and schedule.outcomes() == ["ok"])
        connection.execute("update bunkd.schedule set paused = true")
        add_jobs(connection, 3)
        connection.execute("update bunkd.schedule set paused = false")
        schedule.move(timedelta(hours=3, minutes=10))
        connection.execute("delete from cron.job_run_details")
    function.forget()


def value_of(connection: Connection, query: str) -> object:
    return scalar(connection, object, query.encode())


def is_held(connection: Connection) -> object:
    return value_of(connection, "select held is not null from bunkd.schedule")


def probes(function: Endpoint) -> list[Received]:
    """What a copy has asked; the original goes on by itself when a job of its own was worked off."""
    return [call for call in function.received if call.reason == "probe"]


def timelines(connection: Connection) -> tuple[object, object]:
    """The one that is known, and the one that is."""
    here = value_of(connection, "select left(pg_walfile_name(pg_current_wal_lsn()), 8)")
    return value_of(connection, "select timeline from bunkd.schedule"), here


def test_a_restored_backup_calls_nobody_until_an_upgrade_opens_it(
    primary: Database, function: Endpoint
) -> None:
    original(primary, function)
    with restored(primary.server) as copy, copy.connect() as there, Endpoint(copy.url) as own:
        add_jobs(there)  # a wake
        assert value_of(there, "select problem from bunkd.status") == SENTENCE, "before any tick"
        assert SENTENCE in tick(there)
        assert SENTENCE in tick(there)
        assert (is_held(there), value_of(there, "select fenced from bunkd.status")) == (True, True)
        status.named(copy.url, "HELD", RESTORED)
        add_jobs(there)
        assert named(check(copy.url), "schedule").detail == SENTENCE
        assert not check(copy.url).active
        assert upgrade(copy.url)[-1] == f"NOT SCHEDULED: {SENTENCE}."
        assert upgrade(copy.url, BUNKD_CALL_URL=own.url)[-1] == f"NOT SCHEDULED: {SENTENCE}."
        assert (is_held(there), value_of(there, "select count(*) from bunkd.call")) == (True, 1)
        there.execute("select cron.alter_job(jobid, active := true) from cron.job")
        assert install(copy.url, BUNKD_CALL_URL=own.url)[-1].startswith("native:")
        tick(there)
        wait_until(lambda: own.received)
        known, here = timelines(there)
        assert (is_held(there), known) == (False, here)
        assert value_of(there, "select problem from bunkd.status") is None
    assert function.received == []


def test_a_further_schedule_of_a_restored_backup_is_opened_by_itself(
    primary: Database, function: Endpoint
) -> None:
    original(primary, function)
    with primary.connect() as connection:
        connection.execute("create table public.other (like public.analysis_jobs including all)")
        connection.execute(
            "insert into bunkd.schedule (name, url, queue_table) values ('reports', %s, 'public.other')",
            [function.url],
        )
        connection.execute("insert into bunkd.credential_inbox values ('reports', 'x', 'operator')")
        upgrade(primary)
        stop_cron(connection)
        # the upgrade has called for what waits, and was a sign of life
        settled = "select count(*) from bunkd.call where settled is null"
        wait_until(lambda: tick(connection) and value_of(connection, settled) == 0)
        age = "- interval '4 hours'"
        connection.execute(f"update bunkd.call set sent = sent {age}, settled = settled {age}")  # noqa: S608
        connection.execute("delete from cron.job_run_details")
    function.forget()
    with (
        restored(primary.server) as copy,
        copy.connect() as there,
        Endpoint(copy.url, table="public.other") as own,
    ):
        says = "select bunkd.tick('reports')"
        assert "looks restored from a backup" in str(value_of(there, says))
        assert install(copy.url, BUNKD_CALL_URL="http://127.0.0.1:9/")[-1]
        there.execute("insert into public.other select * from public.analysis_jobs limit 1")
        there.execute("update public.other set status = 'queued'")
        assert "looks restored from a backup" in str(value_of(there, says))
        assert named(check(copy.url), "other_schedules").reason == "OTHER_FENCED"
        there.execute("select bunkd.open_schedule('reports', %s)", [own.url])
        wait_until(lambda: value_of(there, says) and own.received)
        assert value_of(there, "select held from bunkd.schedule where name = 'reports'") is None
    assert function.received == []


def test_what_it_has_found_outlives_the_evidence(primary: Database, function: Endpoint) -> None:
    original(primary, function)
    with restored(primary.server) as copy:
        with copy.connect() as there:
            tick(there)
            there.execute("update bunkd.call set settled = now()")
        copy.restart("immediate")
        with copy.connect() as there:
            assert SENTENCE in tick(there)
    assert function.received == []


@pytest.mark.parametrize("sign", ["sent", "settled"])
def test_a_time_to_come_is_no_sign_of_life(
    primary: Database, function: Endpoint, sign: str
) -> None:
    original(primary, function)
    with primary.connect() as connection:
        add_call(connection, timedelta(hours=4))
        connection.execute(
            f"update bunkd.call set {sign} = '2099-01-01'"  # noqa: S608
            " where id = (select max(id) from bunkd.call)"
        )
    with restored(primary.server) as copy, copy.connect() as there:
        assert SENTENCE in tick(there)
    assert function.received == []


@pytest.mark.parametrize("monitor", [True, False], ids=["pg_monitor", "no pg_monitor"])
@pytest.mark.parametrize("sign", ["sent", "settled", "run"])
def test_what_the_copy_does_itself_is_no_sign_of_life(
    primary: Database, function: Endpoint, sign: str, monitor: bool
) -> None:
    """Its first ticks may come to nothing: read-only, or beside another one. They succeed all the same."""
    original(primary, function)
    with restored(primary.server) as copy, copy.connect() as there, copy.admin() as admin:
        if not monitor:
            admin.execute("revoke pg_monitor from postgres")
        add_sign(admin, sign)
        assert SENTENCE.partition("(")[0] in tick(there)
        assert is_held(there) is True
    assert function.received == []


def test_a_copy_whose_first_tick_finds_its_schedule_locked_is_held_by_the_next(
    primary: Database, function: Endpoint
) -> None:
    original(primary, function)
    with (
        restored(primary.server) as copy,
        copy.connect() as there,
        copy.connect() as upgrading,
        copy.admin() as admin,
    ):
        upgrading.execute("begin")
        upgrading.execute("select from bunkd.schedule for update")
        assert SENTENCE in tick(there)
        add_sign(admin, "run")
        upgrading.execute("rollback")
        assert SENTENCE in tick(there)
        assert is_held(there) is True
    assert function.received == []


def add_sign(admin: Connection, sign: str, age: timedelta = timedelta(0)) -> None:
    """What looks like life: a run of our cron job, or a call that was sent or settled."""
    if sign == "run":
        admin.execute(
            "insert into cron.job_run_details (runid, command, username, database, status, end_time)"
            " values (1, %s, 'postgres', 'postgres', 'succeeded', now() - %s)",
            [f"select bunkd.tick('{SCHEDULE}')", age],
        )
    else:
        admin.execute(f"update bunkd.call set {sign} = now() - %s", [age])  # noqa: S608


def add_call(connection: Connection, age: timedelta) -> None:
    """One that ended well, so long ago. A server knows when it was promoted to the second only."""
    connection.execute(
        "insert into bunkd.call (schedule, reason, sent, settled, outcome)"
        " select %s, 'tick', t, t, 'ok' from (select now() - %s as t) as s",
        [SCHEDULE, age],
    )


def test_a_failover_right_after_a_sign_of_life_goes_on(
    primary: Database, function: Endpoint
) -> None:
    original(primary, function)
    with standby(primary.server) as copy:
        with primary.connect() as connection:
            connection.execute("update bunkd.schedule set every = every")  # a commit
            lsn = value_of(connection, "select pg_current_wal_lsn()::text")
        with copy.connect() as there:
            wait_until(lambda: value_of(there, f"select pg_last_wal_replay_lsn() >= '{lsn}'"))
        promote(copy)
        with copy.connect() as there, Endpoint(copy.url) as own:
            assert value_of(there, "select fenced from bunkd.status") is False
            there.execute("update bunkd.schedule set url = %s", [own.url])
            tick(there)
            wait_until(lambda: own.received)
            known, here = timelines(there)
            assert (known, is_held(there)) == (here, False)
            assert known != "00000001"
            assert "was switched off" in upgrade(copy.url)[-1], "by this test, and not held"
    assert function.received == []


@pytest.mark.parametrize("sign", ["sent", "settled", "run"])
def test_a_failover_is_known_by_what_the_database_has_written(
    primary: Database, function: Endpoint, sign: str
) -> None:
    """After a restart the server no longer knows which commit it replayed last."""
    original(primary, function)
    with primary.admin() as admin:  # the second in which a server was promoted does not count
        add_sign(admin, sign, timedelta(seconds=1))
    with restored(primary.server) as copy, copy.connect() as there:
        assert value_of(there, "select pg_last_xact_replay_timestamp()") is None
        there.execute("update bunkd.schedule set paused = true")
        assert "0 sent" in tick(there)
        known, here = timelines(there)
        assert (known, is_held(there)) == (here, False)


def test_a_failover_after_a_gap_is_held(primary: Database, function: Endpoint) -> None:
    original(primary, function)
    with standby(primary.server) as copy:
        promote(copy)
        with copy.connect() as there:
            assert SENTENCE in tick(there)
            assert is_held(there) is True
    assert function.received == []


@pytest.mark.parametrize("every", ["1h", "0 0 1 1 *"])
def test_a_failover_before_the_next_tick_was_due_goes_on(
    primary: Database, function: Endpoint, every: str
) -> None:
    """Nothing but ticks may commit on an idle primary, so an hour of silence is its usual life."""
    original(primary, function, BUNKD_EVERY=every)
    with primary.connect() as connection:
        add_call(connection, timedelta(minutes=50))
    with standby(primary.server) as copy:
        promote(copy)
        with copy.connect() as there, Endpoint(copy.url) as own:
            there.execute("update bunkd.schedule set url = %s", [own.url])
            assert value_of(there, "select problem from bunkd.status") is None
            tick(there)
            wait_until(lambda: own.received)
            known, here = timelines(there)
            assert (known, is_held(there)) == (here, False)
    assert function.received == []


def test_a_failover_after_a_missed_tick_is_held(primary: Database, function: Endpoint) -> None:
    original(primary, function, BUNKD_EVERY="1h")
    with primary.connect() as connection:
        add_call(connection, timedelta(minutes=63, seconds=20))
    with standby(primary.server) as copy:
        promote(copy)
        with copy.connect() as there:
            assert "no sign of life for 63 min" in tick(there)
    assert function.received == []


def test_a_backup_is_held_whenever_the_next_tick_is_due(
    primary: Database, function: Endpoint
) -> None:
    """A backup has not streamed from anybody: it has to be of the last two minutes."""
    original(primary, function, BUNKD_EVERY="1h")
    with primary.connect() as connection:
        add_call(connection, timedelta(minutes=5, seconds=20))
    with restored(primary.server) as copy, copy.connect() as there:
        assert "no sign of life for 5 min" in tick(there)
    assert function.received == []


def test_a_failover_goes_on_although_its_first_tick_is_late_and_pg_monitor_is_missing(
    primary: Database, function: Endpoint
) -> None:
    original(primary, function, BUNKD_EVERY="1h")
    with standby(primary.server) as copy:
        with primary.connect() as connection:
            connection.execute("update bunkd.schedule set every = every")  # a commit
            lsn = value_of(connection, "select pg_current_wal_lsn()::text")
        with copy.connect() as there:
            wait_until(lambda: value_of(there, f"select pg_last_wal_replay_lsn() >= '{lsn}'"))
        promote(copy)
        with copy.connect() as there, copy.admin() as admin:
            admin.execute("revoke pg_monitor from postgres")
            shorten(there, "find_restore", "2 minutes", "1 second")
            silent = "select clock_timestamp() - pg_last_xact_replay_timestamp() > interval '1.1 s'"
            wait_until(lambda: value_of(there, silent))
            there.execute("update bunkd.schedule set paused = true")
            assert "0 sent" in tick(there)
            known, here = timelines(there)
            assert (known, is_held(there)) == (here, False)


def shorten(connection: Connection, function: str, before: str, after: str) -> None:
    """Let one of our functions wait for less, so that no test has to."""
    source = value_of(connection, f"select pg_get_functiondef('bunkd.{function}'::regproc)")
    assert f"'{before}'" in str(source)
    connection.execute(str(source).replace(f"'{before}'", f"'{after}'").encode())


def test_go_goes_on(primary: Database, function: Endpoint) -> None:
    original(primary, function, BUNKD_ON_RESTORE="go")
    with restored(primary.server) as copy, copy.connect() as there:
        tick(there)
        wait_until(lambda: len(function.received) >= 3)
        known, here = timelines(there)
        assert (known, is_held(there)) == (here, False)


def test_go_opens_one_that_is_held(primary: Database, function: Endpoint) -> None:
    original(primary, function)
    with restored(primary.server) as copy, copy.connect() as there:
        tick(there)
        assert is_held(there) is True
        there.execute("update bunkd.schedule set on_restore = 'go'")
        tick(there)
        assert is_held(there) is False
        wait_until(lambda: function.received)


def test_a_probe_opens_where_the_url_serves_this_database(
    primary: Database, function: Endpoint
) -> None:
    original(primary, function, BUNKD_ON_RESTORE="probe")
    with (
        restored(primary.server) as copy,
        copy.connect() as there,
        Endpoint(copy.url) as own,
    ):
        there.execute("update bunkd.schedule set url = %s", [own.url])  # as a name that has moved
        assert SENTENCE in tick(there)
        assert own.received == [], "what was queued before cannot show whose function it is"
        there.execute("update public.analysis_jobs set status = 'done'")
        add_jobs(there, 3)
        assert own.received == [], "a wake sends nothing"
        assert SENTENCE in tick(there)
        [probe] = wait_until(lambda: own.received)
        assert probe.reason == "probe"
        wait_until(lambda: tick(there) and is_held(there) is False, message="it opens by itself")
        wait_until(lambda: tick(there) and set(count_by_status(there)) == {"done"})
    assert function.received == []


def test_a_probe_that_the_original_answers_opens_nothing(
    primary: Database, function: Endpoint
) -> None:
    original(primary, function, BUNKD_ON_RESTORE="probe")
    with restored(primary.server) as copy, copy.connect() as there:
        probed(there, function)
        # whatever is done to the rows of before the next probe proves nothing either
        there.execute("update public.analysis_jobs set input_value = input_value")
        assert SENTENCE in tick(there)
        assert (is_held(there), len(probes(function))) == (True, 1), "one call in five minutes"
        there.execute(
            "update bunkd.call set sent = sent - interval '6 minutes' where reason = 'probe'"
        )
        there.execute("update bunkd.schedule set held = held - interval '7 minutes'")
        tick(there)
        wait_until(lambda: len(probes(function)) == 2)
        tick(there)
        assert is_held(there) is True


def test_a_poller_of_the_copys_own_opens_nothing(primary: Database, function: Endpoint) -> None:
    """It takes the jobs of the backup in the same order as the original does."""
    original(primary, function, BUNKD_ON_RESTORE="probe")
    with restored(primary.server) as copy, copy.connect() as there:
        probed(there, function, settle=False)
        there.execute("update public.analysis_jobs set status = 'done'")
        newest = "select job_id from bunkd.call order by id desc limit 1"
        job = wait_until(lambda: tick(there) and value_of(there, newest), message="it names a job")
        done = there.execute("select from public.analysis_jobs where id::text = %s", [job])
        assert done.rowcount == 1, "and it is one of the copy's, too"
        tick(there)
        assert is_held(there) is True


def test_the_backups_jobs_of_a_time_to_come_open_nothing(
    primary: Database, function: Endpoint
) -> None:
    """Their client's clock was ahead, or the copy's is behind; and then time passes."""
    original(primary, function, BUNKD_ON_RESTORE="probe")
    with primary.connect() as connection:
        connection.execute(
            "update public.analysis_jobs set created_at = now() + interval '10 minutes'"
            " where status = 'queued'"
        )
    with restored(primary.server) as copy, copy.connect() as there:
        assert SENTENCE in tick(there)
        assert SENTENCE in tick(there)
        hour = "interval '1 hour'"
        there.execute(f"update public.analysis_jobs set created_at = created_at - {hour}")  # noqa: S608
        there.execute(
            f"update bunkd.schedule set held = held - {hour}, held_after = held_after - {hour}"  # noqa: S608
        )
        assert SENTENCE in tick(there)
        assert value_of(there, "select count(*) from bunkd.call where reason = 'probe'") == 0
        probed(there, function, settle=False)
        there.execute("update public.analysis_jobs set status = 'done'")
        newest = "select job_id from bunkd.call order by id desc limit 1"
        wait_until(lambda: tick(there) and value_of(there, newest), message="it names a job")
        tick(there)
        assert is_held(there) is True


def test_a_probe_waits_until_it_is_known_which_jobs_are_the_backups(
    primary: Database, function: Endpoint
) -> None:
    original(primary, function)
    with restored(primary.server) as copy, copy.connect() as there, Endpoint(copy.url) as own:
        assert SENTENCE in tick(there)
        there.execute("update bunkd.schedule set url = %s, on_restore = 'probe'", [own.url])
        there.execute("alter table public.analysis_jobs rename to elsewhere")
        assert SENTENCE in tick(there)
        assert value_of(there, "select held_after from bunkd.schedule") is None
        there.execute("alter table public.elsewhere rename to analysis_jobs")
        add_jobs(there)
        assert SENTENCE in tick(there)
        assert own.received == [], "this tick has found it out"
        add_jobs(there)
        tick(there)
        wait_until(lambda: own.received)
        there.execute("update public.analysis_jobs set status = 'done' where status = 'queued'")
    assert function.received == []


def probed(there: Connection, function: Endpoint, *, settle: bool = True) -> None:
    """A copy is held, a job is queued in it, and its probe was sent, and answered by the original's."""
    assert SENTENCE in tick(there)
    add_jobs(there)
    assert SENTENCE in tick(there)
    wait_until(lambda: probes(function))
    newest = "select outcome from bunkd.call order by id desc limit 1"
    if settle:
        wait_until(
            lambda: tick(there) and value_of(there, newest) == "ok", message="it is answered"
        )


@pytest.mark.parametrize("why", ["paused", "nothing waits", "only the backup's wait"])
def test_no_probe_is_sent_while(primary: Database, function: Endpoint, why: str) -> None:
    original(primary, function, BUNKD_ON_RESTORE="probe")
    with restored(primary.server) as copy, copy.connect() as there:
        assert SENTENCE in tick(there)
        if why == "paused":
            there.execute("update bunkd.schedule set paused = true")
            add_jobs(there)
        elif why == "nothing waits":
            add_jobs(there)
            there.execute("update public.analysis_jobs set status = 'done'")
        assert SENTENCE in tick(there)
        assert value_of(there, "select count(*) from bunkd.call where reason = 'probe'") == 0


def external(primary: Database, function: Endpoint, **env: str) -> None:
    """Workers have made the calls, the last one three hours ago; three jobs wait."""
    with primary.connect() as connection:
        create_queue(connection)
        install(primary, BUNKD_CALL_URL=function.url, BUNKD_MODE="external", **env)
        add_jobs(connection, 3)
        add_call(connection, timedelta(hours=3, minutes=10))


def test_a_worker_on_a_restored_backup_stands_by(primary: Database, function: Endpoint) -> None:
    external(primary, function)
    with (
        restored(primary.server) as copy,
        copy.connect() as there,
        Endpoint(copy.url) as own,
        worker(credential=CREDENTIAL, DATABASE_URL=copy.url) as process,
    ):
        assert process.said("worker blocked")["reason"] == SENTENCE
        assert is_held(there) is True
        add_jobs(there)
        assert upgrade(copy.url)[-1] == f"NOT SCHEDULED: {SENTENCE}."
        assert (value_of(there, "select count(*) from bunkd.call"), process.events("call")) == (
            1,
            [],
        )
        opened = install(copy.url, BUNKD_CALL_URL=own.url, BUNKD_MODE="external")
        assert opened[-1].startswith("external:")
        wait_until(lambda: set(count_by_status(there)) == {"done"}, message="it works on")
    assert function.received == []


@pytest.mark.parametrize("serves", ["copy", "original"])
def test_a_worker_probes(primary: Database, function: Endpoint, serves: str) -> None:
    external(primary, function, BUNKD_ON_RESTORE="probe")
    with restored(primary.server) as copy, copy.connect() as there, Endpoint(copy.url) as own:
        if serves == "copy":
            there.execute("update bunkd.schedule set url = %s", [own.url])
        with worker(credential=CREDENTIAL, DATABASE_URL=copy.url) as process:
            assert process.said("worker blocked")["reason"] == SENTENCE
            there.execute("update public.analysis_jobs set status = 'done'")
            add_jobs(there, 3)
            assert process.said("call", timeout=30)["reason"] == "probe", "it looks every 15 s"
            if serves == "copy":
                wait_until(lambda: set(count_by_status(there)) == {"done"}, message="it opens")
                assert is_held(there) is False
                assert len(own.received) > 1
            else:
                settled = "select count(*) from bunkd.call where settled is not null"
                wait_until(lambda: value_of(there, settled) == 2)
                assert (is_held(there), len(probes(function))) == (True, 1)


def test_a_template_copy(primary: Database, function: Endpoint) -> None:
    """Within one cluster the identifier is the same, and so is the timeline."""
    with primary.admin() as admin:
        admin.execute("create database first owner postgres")
    first = primary.url.rpartition("/")[0] + "/first"
    with primary.server.connect() as connection:
        assert install(first, BUNKD_CALL_URL=function.url)[-1].startswith("external:")
        connection.execute("create database second template first")
    second = primary.url.rpartition("/")[0] + "/second"
    says = "this database is a copy of the one that was provisioned (that one is another database)"
    with connect(second) as there:
        create_queue(there)
        add_jobs(there)
        for mode in ("external", "native"):
            there.execute("update bunkd.schedule set mode = %s", [mode])
            assert says in tick(there)
            assert value_of(there, "select fenced from bunkd.status") is True
        there.execute("update bunkd.schedule set mode = 'external'")
        assert named(check(second), "schedule").reason == "COPY"
        with worker(DATABASE_URL=second) as process:
            assert says in process.said("worker blocked")["reason"]
        assert upgrade(second)[-1].startswith(f"NOT SCHEDULED: {says}")
        assert install(second, BUNKD_CALL_URL=function.url)[-1].startswith("external:")
        assert value_of(there, "select fenced from bunkd.status") is False
    with connect(first) as here:
        here.execute("select 1")
    assert function.received == []


def test_a_renamed_database_is_no_copy(primary: Database, function: Endpoint) -> None:
    with primary.admin() as admin:
        admin.execute("create database first owner postgres")
    url = primary.url.rpartition("/")[0]
    install(f"{url}/first", BUNKD_CALL_URL=function.url)
    with primary.admin() as admin:
        admin.execute("alter database first rename to second")
    with connect(f"{url}/second") as there:
        assert value_of(there, "select fenced from bunkd.status") is False


def test_an_identifier_that_was_known_and_cannot_be_read_makes_a_copy(
    primary: Database, function: Endpoint
) -> None:
    """A dump that is restored where pg_control_system() is closed; the first database has oid 5 everywhere."""
    says = "this database is possibly a copy of the one that was provisioned"
    with primary.connect() as connection, primary.admin() as admin:
        schedule = running(primary, connection, function.url)
        admin.execute("revoke execute on function pg_control_system() from public")
        try:
            add_jobs(connection)  # a wake
            assert says in schedule.tick()
            assert value_of(connection, "select fenced from bunkd.status") is True
            assert upgrade(primary)[-1].startswith(f"NOT SCHEDULED: {says}")
            assert function.received == []
            admin.execute("grant execute on function pg_control_system() to public")
            assert says not in schedule.tick(), "nothing of it is kept"
            admin.execute("revoke execute on function pg_control_system() from public")
            assert says not in install(primary, BUNKD_CALL_URL=function.url)[-1]
            assert says not in schedule.tick()
        finally:
            admin.execute("grant execute on function pg_control_system() to public")
    upgrade(primary)


@pytest.mark.parametrize("mode", ["auto", "external"])
def test_a_server_that_says_nothing_of_itself(
    primary: Database, function: Endpoint, mode: str
) -> None:
    with primary.connect() as connection, primary.admin() as admin:
        create_queue(connection)
        admin.execute("revoke execute on function pg_control_system() from public")
        admin.execute("revoke execute on function pg_current_wal_lsn() from public")
        try:
            line = install(primary, BUNKD_CALL_URL=function.url, BUNKD_MODE=mode)[-1]
            assert line.startswith("native:" if mode == "auto" else "external:")
            if mode == "auto":
                stop_cron(connection)
                add_jobs(connection)
                wait_until(lambda: function.received)
            assert value_of(connection, "select fenced from bunkd.status") is False
            found = named(check(primary), "copies")
            assert (found.status, found.reason) == ("warn", "COPIES_UNKNOWN")
            # and it still knows another database
            connection.execute("update bunkd.schedule set database_oid = 1")
            assert "this database is a copy" in tick(connection)
        finally:
            admin.execute("grant execute on function pg_control_system() to public")
            admin.execute("grant execute on function pg_current_wal_lsn() to public")
    upgrade(primary)
