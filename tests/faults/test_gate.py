# ruff: noqa: S608 -- the statements are put together from this file's own text
"""The gate, `check`, the view and the upgrade's last line say the same, and it is true."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

import pytest

from bunkd_db.cli.gate import Gate, gate_of
from tests.support import cluster
from tests.support.checked import check, codes, install_and_wait, let_workers_restart, named
from tests.support.command import Finished, here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.upgrade import JOB, NATIVE, SCHEDULE, install, upgrade
from tests.support.wait import wait_until

GATE = ("check", "--require-active")
CALLS = (
    "insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code)"
    f" select '{SCHEDULE}', 'tick', now(), clock_timestamp(), %s, %s from generate_series(1, %s)"
)
RUN = (
    "insert into cron.job_run_details (jobid, status, return_message, username, start_time)"
    f" select jobid, 'failed', '{{}}', username, {{}} from cron.job where jobname = '{JOB}'"
)
LONG_AGO = (
    "update bunkd.schedule set registered = now() - interval '1 day';"
    " update bunkd.last_tick set at = now() - interval '1 day'"
)
RARELY = {"BUNKD_EVERY": "2h"}  # or a real tick at the full minute would heal what is brought about
BROKEN_VAULT = (
    "create or replace function vault._crypto_aead_det_decrypt(message bytea, additional bytea, key_id bigint,"
    " context bytea default 'pgsodium', nonce bytea default null) returns bytea language plpgsql immutable"
    " as $$ begin raise exception 'invalid ciphertext'; end $$"
)
# what was encrypted before the root key was another one
LOST_KEY = (
    "update vault.secrets set secret = 'old';"
    " create or replace function vault._crypto_aead_det_decrypt(message bytea, additional bytea, key_id bigint,"
    " context bytea default 'pgsodium', nonce bytea default null) returns bytea language plpgsql immutable"
    " as $$ begin if message = 'old'::bytea then raise exception 'invalid ciphertext'; end if;"
    " return convert_to(reverse(convert_from(message, 'UTF8')), 'UTF8'); end $$"
)
SECOND_TICK = (
    "select (bunkd.find_second_tick(jsonb_populate_record(s,"
    "   jsonb_build_object('every', %s::text, 'cron_schedule', %s::text)),"
    " %s::timestamp at time zone 'UTC') at time zone 'UTC')::text from bunkd.schedule s"
)
FREE_STATUS = "alter table public.analysis_jobs drop constraint analysis_jobs_status_check;"


@dataclass(frozen=True)
class Situation:
    """What is brought about by the superuser, and what is to be said about it.

    Attributes:
        code: of the obstacle; empty where calls are made all the same.
        says: words of it.
        stays: an upgrade does not heal it, and its last line says it too.
    """

    brings: str
    code: str = ""
    says: str = ""
    stays: bool = True
    env: dict[str, str] = field(default_factory=dict)


SITUATIONS = {
    "all is well": Situation("select"),
    "paused": Situation("update bunkd.schedule set paused = true", "PAUSED", "is paused"),
    "a copy": Situation(
        "update bunkd.schedule set system_identifier = 1", "COPY", "copy", stays=False
    ),
    "no url": Situation("update bunkd.schedule set url = null", "NO_URL", "no url", stays=False),
    "no credential": Situation(
        "delete from bunkd.secret",
        "NO_CREDENTIAL",
        "no credential",
        stays=False,
    ),
    "pg_net is gone": Situation(
        "drop extension pg_net cascade", "EXTENSION_GONE", "pg_net is gone", stays=False
    ),
    "somebody's trigger on pg_net's queue": Situation(
        "create trigger evil before insert or update on net.http_request_queue"
        " for each row execute function suppress_redundant_updates_trigger()",
        "FOREIGN_TRIGGER",
        "trigger evil on net.http_request_queue",
        stays=False,
    ),
    "somebody may create functions in pg_net's schema": Situation(
        'create role "in-truder"; grant create on schema net to "in-truder"',
        "NET_INTRUDER",
        'role "in-truder" can create functions in schema net',
    ),
    "somebody's http_post": Situation(
        "create function net.http_post(url text, body jsonb, headers jsonb, timeout_milliseconds int)"
        " returns bigint language sql as 'select 1::bigint'",
        "NET_INTRUDER",
        "a function http_post that is not pg_net's",
    ),
    "a tick could not send": Situation(
        "alter table net.http_request_queue add constraint closed check (false) not valid;"
        " insert into analysis_jobs (input_type, input_value, normalized_input, cache_key)"
        f" values ('text', 'a', 'a', 'a'); set role postgres; select bunkd.tick('{SCHEDULE}'); reset role",
        "NOT_SENT",
        'violates check constraint "closed"',
        env=RARELY,
    ),
    "pg_cron is gone": Situation(
        "drop extension pg_cron cascade", "EXTENSION_GONE", "pg_cron is gone", stays=False
    ),
    "no job": Situation(
        f"select cron.unschedule(jobid) from cron.job where jobname = '{JOB}'",
        "JOB_MISSING",
        "has no cron job",
        stays=False,
    ),
    "the job is another role's": Situation(
        f"update cron.job set username = 'supabase_admin' where jobname = '{JOB}'",
        "JOB_OF_ANOTHER",
        "belongs to role supabase_admin",
        stays=False,
    ),
    "the job is another role's, too": Situation(
        f"select cron.schedule('{JOB}', '* * * * *', command) from cron.job",
        "JOB_DOUBLED",
        "also registered for role supabase_admin",
        stays=False,
    ),
    "a job of the same name that does not tick": Situation(
        f"select cron.schedule('{JOB}', '* * * * *', 'select 1')"
    ),
    "a stranger's job of the same name and command": Situation(
        "create role stranger login; grant usage on schema cron to stranger; set role stranger;"
        f" select cron.schedule('{JOB}', '* * * * *', 'select bunkd.tick(''{SCHEDULE}'')');"
        " reset role"
    ),
    "the job is off": Situation(
        "select cron.alter_job(jobid, active := false) from cron.job",
        "JOB_INACTIVE",
        "was switched off",
        stays=False,
    ),
    "the job is another one": Situation(
        "select cron.alter_job(jobid, command := 'select 1') from cron.job",
        "JOB_DRIFTED",
        "differs from what the schedule says",
        stays=False,
    ),
    "the last tick failed": Situation(
        RUN.format("ERROR: boom", "clock_timestamp()"), "TICK_FAILED", "boom", env=RARELY
    ),
    "pg_cron is turned away": Situation(
        f"{LONG_AGO}; {RUN.format('connection failed', 'null')}",
        "HBA",
        "connection failed",
        env=RARELY,
    ),
    "no background worker is left": Situation(
        RUN.format("job startup timeout", "clock_timestamp()"),
        "WORKERS_USED_UP",
        "job startup timeout",
        env={"BUNKD_EVERY": "0 3 * * *"},
    ),
    "one tick found no background worker": Situation(
        RUN.format("job startup timeout", "clock_timestamp()")
    ),
    "a tick failed before the last that did not": Situation(
        RUN.format("ERROR: boom", "clock_timestamp() - interval '1 hour'")
        + "; update bunkd.last_tick set at = now()"
    ),
    "no queue": Situation(
        "alter table public.analysis_jobs rename to moved", "QUEUE_PROBLEM", "does not exist"
    ),
    "no status column": Situation(
        "alter table public.analysis_jobs rename status to state",
        "QUEUE_PROBLEM",
        "no column status",
    ),
    "row level security": Situation(
        "alter role postgres nobypassrls; alter table public.analysis_jobs force row level security",
        "QUEUE_PROBLEM",
        "hides rows",
    ),
    "a status that is a number": Situation(
        f"{FREE_STATUS} drop index public.analysis_jobs_status_claimed_at_idx;"
        " alter table public.analysis_jobs alter status drop default, alter status type int using 0",
        "QUEUE_PROBLEM",
        "cannot be read",
    ),
    "a condition that does not fit": Situation(
        "update bunkd.schedule set queue_where = 'no_such > 1'", "QUEUE_PROBLEM", "no_such"
    ),
    "capitals": Situation(
        f"{FREE_STATUS} insert into analysis_jobs (input_type, input_value, normalized_input, cache_key, status)"
        " values ('text', 'a', 'a', 'a', 'Queued'), ('text', 'a', 'a', 'b', 'done')",
        "STATUS_UNKNOWN",
        "only in its case",
    ),
    "no status is understood": Situation(
        f"{FREE_STATUS} insert into analysis_jobs (input_type, input_value, normalized_input, cache_key, status)"
        " values ('text', 'a', 'a', 'a', 'todo'), ('text', 'a', 'a', 'b', 'finished')",
        "STATUS_UNKNOWN",
        "finished, todo",
    ),
    "one status is not understood": Situation(
        f"{FREE_STATUS} insert into analysis_jobs (input_type, input_value, normalized_input, cache_key, status)"
        " values ('text', 'a', 'a', 'a', 'archived'), ('text', 'a', 'a', 'b', 'done')"
    ),
    "read-only for the database": Situation(
        "alter database postgres set default_transaction_read_only = on",
        "READ_ONLY",
        "a full disk is the usual cause",
        stays=False,
    ),
    "read-only for the role": Situation(
        "alter role postgres set default_transaction_read_only = on",
        "READ_ONLY",
        "a full disk is the usual cause",
        stays=False,
    ),
    "read-only for the server": Situation(
        "alter system set default_transaction_read_only = on",
        "READ_ONLY",
        "a full disk is the usual cause",
        stays=False,
    ),
    "read-only, but not for this role": Situation(
        "alter database postgres set default_transaction_read_only = on;"
        # or pg_cron's scheduler, should it restart now, would stay dead
        " alter role supabase_admin in database postgres set default_transaction_read_only = off;"
        " alter role postgres in database postgres set default_transaction_read_only = off"
    ),
}
LEDGER: dict[str, tuple[list[tuple[str, int | None, int]], str]] = {
    "rejected once": ([("rejected", 401, 1)], "REJECTED"),
    "rejected, and lost since": ([("rejected", 403, 1), ("lost", None, 3)], "REJECTED"),
    "not there": ([("ok", 200, 2), ("http_error", 404, 1)], "NOT_DEPLOYED"),
    "nobody answers": ([("network_error", None, 3)], "BACKING_OFF"),
    "two failures": ([("http_error", 500, 2)], ""),
    "three failures, then none": ([("http_error", 500, 3), ("ok", 200, 1)], ""),
    "lost": ([("lost", None, 9)], ""),
    "empty": ([("empty", 200, 9)], ""),
    "failed jobs": ([("job_failed", 500, 10)], ""),
}


def do(database: Database, statements: str) -> None:
    with database.admin() as admin:
        for statement in statements.split(";"):
            admin.execute(statement.encode())
        admin.execute("select pg_reload_conf()")


def agreed(database: Database) -> tuple[Gate, str]:
    """What the gate says, and the obstacles of the view, after all have said the same."""
    with database.connect() as owner:
        let_workers_restart(owner)
    report = check(database)
    gate = gate_of(report, "native")
    with database.connect() as owner:
        row = owner.execute("select calls_made, obstacles from bunkd.status").fetchone()
    assert row is not None
    assert report.active is row[0] is (gate.code == 0)
    assert (named(report, "calls_made").status == "pass") is report.active
    assert report.as_json()["active"] is report.active
    return gate, str(row[1] or "")


def gated(database: Database, code: int) -> Finished:
    """What the command says, once it ends with this code: pg_cron's scheduler may restart meanwhile."""
    done = here(*GATE, "--json", DATABASE_URL=database.url)
    if done.code != code:
        with database.connect() as owner:
            let_workers_restart(owner)
        done = here(*GATE, "--json", DATABASE_URL=database.url)
    assert done.code == code
    return done


def can_be_pasted(database: Database, command: str) -> bool:
    """Whether it is one of ours, or SQL: read by the server, and not run."""
    if command.startswith("bunkd-db "):
        return here(*command.split()[1:], "--help").code == 0
    with database.admin() as admin:
        admin.execute(f"do $do$ begin if false then {command} end if; end $do$".encode())
    return command.endswith(";")


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation(database: Database, name: str) -> None:
    situation = SITUATIONS[name]
    install_and_wait(database, **situation.env)
    do(database, situation.brings)
    if "alter system" in situation.brings:
        # every process reads it a moment later
        wait_until(lambda: not check(database).active, message="the server has read it")

    gate, obstacles = agreed(database)
    assert situation.says in obstacles
    assert gate.code == (1 if situation.code else 0)
    done = gated(database, gate.code)
    told = json.loads(done.out)
    assert told["active"] is not bool(situation.code)
    assert [o["code"] for o in told["obstacles"]][:1] == (
        [situation.code] if situation.code else []
    )
    for obstacle in told["obstacles"]:
        assert obstacle["remedy"].endswith(":" if obstacle["commands"] else ".")
        for command in obstacle["commands"]:
            assert can_be_pasted(database, command)
    if not situation.code:
        assert upgrade(database)[-1].startswith("native: this database calls ")
        return
    shown = " ".join(here(*GATE, DATABASE_URL=database.url).out.split())
    assert "Not active: " in shown
    assert situation.says in shown or f"({situation.code})" in shown
    if situation.stays:
        last = upgrade(database)[-1]
        assert last.startswith("native: this database is set up to call ")
        assert "but makes no calls now: " in last
        assert situation.says in last


@pytest.mark.parametrize("name", LEDGER)
def test_what_the_calls_were_answered(database: Database, name: str) -> None:
    calls, code = LEDGER[name]
    install_and_wait(database)
    with database.connect() as owner:
        for outcome, status, n in calls:
            owner.execute(CALLS, [outcome, status, n])
        obstacles = owner.execute(
            "select code from bunkd.find_obstacles(%s)", [SCHEDULE]
        ).fetchall()
    agreed(database)
    assert obstacles == ([(code,)] if code else [])
    # another url has not been asked yet
    install(database, BUNKD_CALL_URL="http://127.0.0.1:9/another")
    assert agreed(database) == (Gate(0), "")
    assert named(check(database), "calls").status == "skip"


@pytest.mark.usefixtures("scheduler")
def test_a_real_tick_that_fails(database: Database, connection: Connection) -> None:
    """What pg_cron runs raises: seen from its own record of the run."""
    seconds = database.server.seconds
    install_and_wait(database, BUNKD_EVERY="1s" if seconds else "1m", BUNKD_WAKE="off")
    connection.execute("alter table bunkd.last_tick rename to hidden")
    failed = "select from cron.job_run_details where status = 'failed'"

    def has_failed() -> bool:
        return connection.execute(failed).fetchone() is not None

    wait_until(has_failed, timeout=75, message="a tick has failed")
    connection.execute("update bunkd.schedule set every = '1h', cron_schedule = '0 * * * *'")
    connection.execute("select cron.alter_job(jobid, schedule := '0 * * * *') from cron.job")
    connection.execute("alter table bunkd.hidden rename to last_tick")
    wait_until(
        lambda: (
            connection.execute(
                "select from cron.job_run_details where status not in ('succeeded', 'failed')"
            ).fetchone()
            is None
        ),
        message="no tick is at work any more",
    )
    connection.execute("delete from bunkd.last_tick")
    gate, obstacles = agreed(database)
    assert gate.code == 1
    assert 'relation "bunkd.last_tick" does not exist' in obstacles
    # one that succeeds, whoever makes it, takes it back
    connection.execute("select bunkd.tick(%s)", [SCHEDULE])
    assert agreed(database) == (Gate(0), "")


def test_runs_that_are_locked_hold_nobody_up(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
    install_and_wait(database, BUNKD_READER_ROLE="oncall")
    with database.admin() as admin, database.connect("oncall") as reader:
        admin.execute("begin; lock table cron.job_run_details in access exclusive mode")
        reader.execute("set statement_timeout = '5s'")
        row = reader.execute("select calls_made, obstacles from bunkd.status").fetchone()
        assert row == (True, None)
        assert agreed(database)[0] == Gate(0)
        assert named(check(database), "pg_cron_runs").status == "skip"
        assert upgrade(database)[-1].startswith("native: this database calls ")
        admin.execute("rollback")


def test_ticks_that_stay_away(database: Database, connection: Connection) -> None:
    install(database)
    connection.execute("select cron.alter_job(jobid, active := false) from cron.job")
    up = "select clock_timestamp() - pg_postmaster_start_time() > interval '20 s'"
    wait_until(
        lambda: connection.execute(up).fetchone() == (True,), 25, "the server is up for long"
    )

    def late(tick: str | None, registered: str, every: str = "1s", cron: str = "1 seconds") -> bool:
        connection.execute("delete from bunkd.last_tick")
        connection.execute(
            "insert into bunkd.last_tick (schedule, at) values (%s, now() + %s::interval)",
            [SCHEDULE, tick],
        )
        rows = connection.execute(
            "select o.code, o.detail from bunkd.schedule s, bunkd.find_tick_obstacles("
            "  jsonb_populate_record(s, jsonb_build_object('every', %s::text, 'cron_schedule', %s::text,"
            "    'registered', now() + %s::interval)), null) as o",
            [every, cron, registered],
        ).fetchall()
        assert {code for code, _ in rows} <= {"TICK_LATE"}
        known = tick is not None and not tick.startswith("1")
        for _, detail in rows:
            assert ("the last tick was " in str(detail)) is known
            assert ("no tick has run, but one is due" in str(detail)) is not known
        return bool(rows)

    assert late("-20 s", "-20 s")
    assert late(None, "-1 day")
    assert not late("-10 s", "-1 day")
    assert not late("-1 day", "-10 s")
    assert not late("-20 s", "-1 day", "1h", "0 * * * *")
    # a clock that was ahead says nothing, whatever it wrote
    assert late("1 hour", "-1 day")
    assert late("-20 s", "1 day")
    assert not late("-10 s", "1 day")
    # below pg_cron 1.5 a second is a minute
    assert not late("-20 s", "-1 day", "1s", "* * * * *")
    # of five fields, too, two ticks have to be missed
    assert not late("-30 days", "-30 days", "0 9 * * 1-5", "0 9 * * 1-5")


@pytest.mark.parametrize(
    ("every", "after", "due", "blind"),
    [
        ("30s", "2024-01-01 00:00:00", "2024-01-01 00:01:00", "2024-01-01 00:01:00"),
        ("2h", "2024-01-01 00:00:00", "2024-01-01 04:00:00", "2024-01-01 04:00:00"),
        ("* * * * *", "2024-01-01 00:00:00.2", "2024-01-01 00:02:00.2", "2024-01-01 00:02:00.2"),
        ("*/20 * * * *", "2024-01-01 00:00:00.2", "2024-01-01 00:40:00", "2024-01-01 01:40:00"),
        # a Friday: Monday, Tuesday
        ("0 9 * * 1-5", "2024-01-05 09:00:00.2", "2024-01-09 09:00:00", "2024-01-10 09:00:00"),
        ("0 0 30 2 *", "2024-01-05 09:00:00", None, None),
    ],
)
def test_when_the_second_tick_is_due(
    database: Database, every: str, after: str, due: str | None, blind: str | None
) -> None:
    """Who may not know the time zone of cron expressions waits longer before ticks are late."""
    install(database)
    cron = "30 seconds" if every == "30s" else every
    with database.admin() as admin:
        admin.execute("revoke pg_monitor, pg_read_all_settings from postgres")
        assert admin.execute(SECOND_TICK, [every, cron, after]).fetchall() == [(due,)]
        admin.execute("set role postgres")
        assert admin.execute(SECOND_TICK, [every, cron, after]).fetchall() == [(blind,)]


def test_the_second_tick_is_due_in_the_zone_of_pg_cron() -> None:
    with cluster.start({"cron.timezone": "Asia/Kolkata"}, net=True) as server:
        install(server.admin_url)
        every, after = "30 9 * * *", "2024-01-01 04:00:00.2"
        with server.admin() as admin:
            found = admin.execute(SECOND_TICK, [every, every, after]).fetchall()
        assert found == [("2024-01-03 04:00:00",)]


@pytest.mark.parametrize(
    ("answers", "hours", "waiting", "code"),
    [
        (("empty", "empty", "empty"), 5, 3, "EMPTY_ANSWERS"),
        (("empty", "empty", "empty"), 3, 3, ""),  # not two ticks ago
        (("empty", "empty", "empty"), 5, 0, ""),
        (("empty", "empty", "empty", "ok"), 5, 3, ""),
        (("ok", "empty", "empty"), 5, 3, ""),
    ],
)
def test_a_function_that_finds_no_job_though_jobs_wait(
    database: Database,
    connection: Connection,
    answers: tuple[str, ...],
    hours: int,
    waiting: int,
    code: str,
) -> None:
    install_and_wait(database, BUNKD_WAKE="off", **RARELY)
    connection.execute("update bunkd.schedule set endpoint_since = now() - interval '1 day'")
    for minute, outcome in enumerate(answers):
        connection.execute(
            "insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code)"
            " select %s, 'tick', t.at, t.at, %s, 200"
            " from (select now() - %s * interval '1 hour' + %s * interval '1 minute' as at) as t",
            [SCHEDULE, outcome, hours, minute],
        )
    add_jobs(connection, waiting)
    gate, obstacles = agreed(database)
    assert gate.code == (1 if code else 0)
    found = connection.execute("select code from bunkd.find_obstacles(%s)", [SCHEDULE]).fetchall()
    assert found == ([(code,)] if code else [])
    if not code:
        return
    assert obstacles.startswith("the function answers that it finds no job, but 3 jobs are waiting")
    # one more of the same, as every tenth tick makes, is no reason for a yes
    connection.execute(CALLS, ["empty", 200, 1])
    assert agreed(database)[0].code == 1
    # a call under way is, and so is a queue that somebody has emptied
    connection.execute("update public.analysis_jobs set status = 'done'")
    assert agreed(database)[0].code == 0


def wait_for_a_late_tick(connection: Connection) -> None:
    """Keep ticks away, since yesterday, and wait until the server has been up for long enough to blame it."""
    connection.execute("select cron.alter_job(jobid, active := false) from cron.job")
    connection.execute("update bunkd.last_tick set at = now() - interval '1 day'")
    up = "select clock_timestamp() - pg_postmaster_start_time() > interval '20 s'"
    wait_until(
        lambda: connection.execute(up).fetchone() == (True,), 25, "the server is up for long"
    )


def test_runs_of_others_that_leave_no_room_for_a_tick_are_counted(
    database: Database, connection: Connection
) -> None:
    install(database)
    wait_for_a_late_tick(connection)
    said = (
        "select o.code, o.detail, o.remedy, o.commands from bunkd.schedule s, bunkd.find_tick_obstacles("
        '  jsonb_populate_record(s, \'{"every": "1s", "cron_schedule": "1 seconds",'
        '    "registered": "2000-01-01"}\'), (select jobid from cron.job)) as o'
    )
    with database.admin() as admin:
        [(room,)] = admin.execute("show cron.max_running_jobs").fetchall()
        runs = (
            "insert into cron.job_run_details (jobid, status, username)"
            " select 4711, 'running', 'cro\"ny' from generate_series(1, %s)"
        )
        admin.execute(runs, [int(str(room)) - 1])
        [(code, detail, *_)] = connection.execute(said).fetchall()
        assert (code, "other cron jobs" in str(detail)) == ("TICK_LATE", False)
        admin.execute(runs, [1])
    [(code, detail, remedy, commands)] = connection.execute(said).fetchall()
    assert code == "TICK_LATE"
    assert f'{room} runs of other cron jobs (role "cro""ny") are under way' in str(detail)
    assert str(remedy).startswith("End those runs, or raise cron.max_running_jobs")
    assert isinstance(commands, list)
    assert len(connection.execute(str(commands[0]).encode()).fetchall()) == int(str(room))


@pytest.mark.parametrize("held", ["", "savepoint s;"])
def test_who_holds_the_tick_is_named(database: Database, connection: Connection, held: str) -> None:
    install(database)
    wait_for_a_late_tick(connection)
    said = (
        "select o.code, o.detail, o.commands from bunkd.schedule s, bunkd.find_tick_obstacles("
        '  jsonb_populate_record(s, \'{"every": "1s", "cron_schedule": "1 seconds",'
        '    "registered": "2000-01-01"}\'), null) as o'
    )
    [(code, detail, commands)] = connection.execute(said).fetchall()
    assert code == "TICK_LATE"
    assert "pid" not in str(detail)
    with database.admin() as holder:
        pid = holder.info.backend_pid
        holder.execute(f"begin; {held} update bunkd.last_tick set at = at".encode())
        [(code, detail, commands)] = connection.execute(said).fetchall()
        assert code == "TICK_LATE"
        assert f"the tick is locked by pid {pid} of role supabase_admin" in str(detail)
        assert commands == [f"select pg_terminate_backend({pid});"]
        holder.execute("rollback")


def test_a_locked_queue_keeps_the_gate_of_many_schedules_waiting_no_longer_than_one(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database)
    connection.execute(
        "insert into bunkd.schedule (name) select 's' || g from generate_series(1, 29) as g"
    )
    install(database)
    questions = (
        "select count(*) from bunkd.status where problem like '%locked%'",
        "select count(*) from bunkd.schedule s where exists (select from bunkd.find_obstacles(s.name)"
        " as o where o.detail like '%locked%')",
    )
    with database.admin() as blocker:
        blocker.execute("begin")
        blocker.execute("lock table public.analysis_jobs, net.http_request_queue")
        for question in questions:
            begun = monotonic()
            assert connection.execute(question.encode()).fetchone() == (30,)
            assert monotonic() - begun < 4
        begun = monotonic()
        assert here(*GATE, DATABASE_URL=database.url).code == 1
        assert monotonic() - begun < 10, "with a Python of its own"
        blocker.execute("rollback")


def test_a_gate_waits_for_no_downgrade(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    with database.admin() as blocker:
        blocker.execute("begin; lock table bunkd.last_tick")
        found = connection.execute(
            "select code, commands from bunkd.find_obstacles(%s)", [SCHEDULE]
        )
        assert (
            "LOCKED",
            [f"select pg_terminate_backend({blocker.info.backend_pid});"],
        ) in (found.fetchall())
        [(problem,)] = connection.execute("select problem from bunkd.status").fetchall()
        assert f"pid {blocker.info.backend_pid}" in str(problem)
        blocker.execute("rollback")


def test_a_credential_that_cannot_be_decrypted(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    connection.execute("create extension supabase_vault")
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url, BUNKD_CREDENTIAL="known-only-here")
    assert connection.execute("select store from bunkd.credential").fetchall() == [("vault",)]
    with database.admin() as admin:
        admin.execute(BROKEN_VAULT)
    gate, obstacles = agreed(database)
    assert gate.code == 1
    assert "can no longer be read or decrypted" in obstacles
    assert "makes no calls now: the credential is stored, but" in upgrade(database)[-1]
    done = here(*GATE, "--probe", DATABASE_URL=database.url)
    assert done.code == 1
    assert "Not active: the probe failed" in done.out
    assert "known-only-here" not in done.all
    assert endpoint.received == []


@pytest.mark.parametrize(
    ("damage", "store"), [(LOST_KEY, "vault"), (BROKEN_VAULT, "table")], ids=["old key", "no key"]
)
def test_a_deploy_that_brings_the_same_credential_heals_one_that_cannot_be_decrypted(
    database: Database, connection: Connection, endpoint: Endpoint, damage: str, store: str
) -> None:
    connection.execute("create extension supabase_vault")
    env = {"BUNKD_CALL_URL": endpoint.url, "BUNKD_CREDENTIAL": "known-only-here"}
    install_and_wait(database, **env)
    assert connection.execute("select store from bunkd.credential").fetchall() == [("vault",)]
    with database.admin() as admin:
        admin.execute(damage.encode())
    assert agreed(database)[0].code == 1
    assert upgrade(database, **env)[-1].startswith("native: this database calls ")
    assert agreed(database)[0].code == 0
    assert connection.execute("select store from bunkd.credential").fetchall() == [(store,)]
    add_jobs(connection)
    wait_until(lambda: endpoint.received)
    assert endpoint.received[0].header("Authorization") == "Bearer known-only-here"


def test_a_role_that_may_not_log_in(database: Database) -> None:
    with database.admin() as admin:
        admin.execute(
            "create role team nologin; grant create on database postgres to team;"
            "create role deployer login password 'postgres' in role team;"
            "create extension pg_cron; create extension pg_net with schema extensions;"
            "grant usage on schema cron, net, extensions to team;"
            "grant select, insert on all tables in schema net to team;"
            "grant usage on schema public to team"
        )
        create_queue(admin)
        admin.execute("alter table public.analysis_jobs owner to team")
    url = database.url_as("deployer") + "?options=-c%20role%3Dteam"
    last = install(url)[-1]
    assert "team" in last
    assert "log in" in last
    done = here(*GATE, DATABASE_URL=url)
    assert done.code == 1
    assert "cannot log in" in " ".join(done.out.split())


def test_who_may_not_ask(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role plain login password 'postgres'")
        admin.execute("create role oncall login password 'postgres'")
    install_and_wait(database, BUNKD_READER_ROLE="oncall")
    done = here(*GATE, DATABASE_URL=database.url_as("plain"))
    assert done.code == 3
    assert "could not ask whether calls are made" in done.out
    assert "Ask again as role postgres." in done.out
    # the role that is there for it may
    assert here(*GATE, DATABASE_URL=database.url_as("oncall")).code == 0
    do(database, "update bunkd.schedule set paused = true")
    done = here(*GATE, DATABASE_URL=database.url_as("oncall"))
    assert (done.code, "is paused" in done.out) == (1, True)
    with database.connect("oncall") as reader:
        row = reader.execute("select calls_made, obstacles from bunkd.status").fetchone()
        assert row is not None
        assert row[0] is False
        assert "the schedule is paused by supabase_admin: no calls are made" in str(row[1])


def test_nothing_is_installed(database: Database) -> None:
    done = here(*GATE, DATABASE_URL=database.url)
    assert done.code == 1
    assert "Not active: bunkd-db is not installed yet." in done.out


def test_each_reason_has_its_line(database: Database) -> None:
    install_and_wait(database)
    do(database, "update bunkd.schedule set paused = true; drop table public.analysis_jobs")
    with database.admin() as admin:
        let_workers_restart(admin)
    out = here(*GATE, DATABASE_URL=database.url).out
    assert [line.partition(":")[0] for line in out.splitlines()].count("Not active") == 2


def test_external_by_choice_is_not_native(database: Database, connection: Connection) -> None:
    create_queue(connection)
    upgrade(database, BUNKD_MODE="external", **NATIVE)
    done = here(*GATE, DATABASE_URL=database.url)
    assert done.code == 1
    assert (
        "Not active: the schedule is external, because BUNKD_MODE is external, and no worker"
        in done.out
    )
    assert "   BUNKD_MODE=auto bunkd-db upgrade" in done.out.splitlines()
    assert "   bunkd-db check --expect external --require-active" in done.out.splitlines()
    for accepted in (
        ("check", "--expect", "external"),
        (*GATE, "--expect", "external"),
        ("check",),
    ):
        assert here(*accepted, DATABASE_URL=database.url).code == 0, accepted
    add_jobs(connection, age=timedelta(hours=1))
    done = here(*GATE, "--expect", "external", DATABASE_URL=database.url)
    assert (done.code, "the queue is not being drained" in done.out) == (1, True)


WORKER = (
    "insert into bunkd.worker (schedule, id, able, listens, seen)"
    f" values ('{SCHEDULE}', 'w', true, true, clock_timestamp())"
)


def test_external_by_choice_with_a_worker(database: Database, connection: Connection) -> None:
    create_queue(connection)
    upgrade(database, BUNKD_MODE="external", **NATIVE)
    connection.execute(WORKER)
    for expect, code in (((), 0), (("--expect", "external"), 0), (("--expect", "native"), 1)):
        done = here(*GATE, *expect, DATABASE_URL=database.url)
        assert done.code == code, expect
        assert "1 worker makes the calls." in done.out.splitlines()[0]
    assert check(database).active


@pytest.mark.parametrize(("age", "code"), [(60, 0), (3600, 1)])
def test_external_without_a_worker(
    database: Database, connection: Connection, age: int, code: int
) -> None:
    create_queue(connection)
    upgrade(database, BUNKD_MODE="external")
    add_jobs(connection, age=timedelta(seconds=age))
    row = connection.execute("select calls_made, obstacles from bunkd.status").fetchone()
    assert row == (
        (True, None)
        if code == 0
        else (False, "no worker is running, and the queue is not being drained")
    )
    assert check(database).active is (code == 0)


@pytest.mark.parametrize(("seen", "there"), [("30 s", True), ("1 day", False)])
def test_a_worker_of_a_clock_that_was_ahead_is_not_there(
    database: Database, connection: Connection, seen: str, there: bool
) -> None:
    create_queue(connection)
    upgrade(database, BUNKD_MODE="external")
    add_jobs(connection, age=timedelta(hours=2))
    connection.execute(
        "insert into bunkd.worker (id, schedule, listens, able, seen)"
        " values ('gone', %s, true, true, now() + %s::interval)",
        [SCHEDULE, seen],
    )
    row = connection.execute("select calls_made, workers, obstacles from bunkd.status").fetchone()
    no_worker = "no worker is running, and the queue is not being drained"
    assert row == ((True, 1, None) if there else (False, 0, no_worker))
    assert check(database).active is there
    [(notified,)] = connection.execute("select bunkd.can_notify_workers(%s)", [SCHEDULE]).fetchall()
    assert there or not notified


def test_a_tick_that_could_not_send_is_not_forgiven_by_a_clock_that_was_ahead(
    database: Database, connection: Connection
) -> None:
    install_and_wait(database, **RARELY)
    connection.execute("update bunkd.last_tick set at = now(), unsent = 'boom'")
    for ahead in ("registered", "endpoint_since"):
        connection.execute(f"update bunkd.schedule set {ahead} = now() + interval '1 day'".encode())
    assert agreed(database)[0].code == 1
    found = connection.execute("select code from bunkd.find_obstacles(%s)", [SCHEDULE]).fetchall()
    assert found == [("NOT_SENT",)]


def test_external_where_no_age_is_known(database: Database, connection: Connection) -> None:
    create_queue(connection)
    connection.execute("alter table public.analysis_jobs rename created_at to born")
    upgrade(database, BUNKD_MODE="external")
    assert check(database).moving is True
    add_jobs_without_age = (
        "insert into analysis_jobs (input_type, input_value, normalized_input, cache_key)"
        " values ('text', 'a', 'a', 'a')"
    )
    connection.execute(add_jobs_without_age)
    report = check(database)
    assert (report.moving, report.active) == (None, False)


def test_a_probe_heals_what_it_finds_healed(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection)
    install_and_wait(database, BUNKD_CALL_URL=endpoint.url)
    endpoint.fail_with = 401
    assert here(*GATE, "--probe", DATABASE_URL=database.url).code == 1
    assert here(*GATE, DATABASE_URL=database.url).code == 1
    endpoint.fail_with = None
    assert here(*GATE, "--probe", DATABASE_URL=database.url).code == 0
    assert here(*GATE, DATABASE_URL=database.url).code == 0


def test_a_probe_that_was_not_sent_is_no_success(database: Database) -> None:
    install_and_wait(database)
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
    install(database, BUNKD_READER_ROLE="oncall")
    done = here(*GATE, "--probe", DATABASE_URL=database.url_as("oncall"))
    assert done.code == 1
    assert "Not active: the probe failed: nothing was sent" in done.out


RIGHTS = {
    "schema": "usage on schema net",
    "queue": "all on all tables in schema net",
    "insert": "insert on net.http_request_queue",
    "sequence": "all on all sequences in schema net",
    "http_post": "execute on all functions in schema net",
}


@pytest.mark.parametrize("right", RIGHTS)
def test_a_right_on_pg_net_that_was_taken_away(
    database: Database, connection: Connection, right: str
) -> None:
    """The gate says so before a call fails, and the grants that it names bring the calls back."""
    install_and_wait(database)
    do(
        database,
        f"revoke {RIGHTS[right]} from public, postgres, anon, authenticated, service_role cascade;"
        "revoke pg_read_all_data from postgres",
    )
    gate, obstacles = agreed(database)
    assert gate.code == 1
    assert "role postgres can no longer use pg_net" in obstacles
    assert codes(check(database)) == ["NO_SCHEMA_USAGE"]
    found = connection.execute("select code, commands from bunkd.find_obstacles(%s)", [SCHEDULE])
    [(code, grants)] = found.fetchall()
    assert code == "NO_SCHEMA_USAGE"
    assert isinstance(grants, list)
    for _ in range(2):
        assert upgrade(database)[-1].startswith("external: ")
    assert "role postgres cannot use pg_net" in upgrade(database)[-1]
    do(database, ";".join(str(grant).rstrip(";") for grant in grants))
    assert upgrade(database)[-1].startswith("native: this database calls ")
    add_jobs(connection)
    connection.execute("select bunkd.tick(%s)", [SCHEDULE])
    assert connection.execute("select from bunkd.call").fetchone() is not None
    assert agreed(database)[0] == Gate(0)
