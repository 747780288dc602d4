"""`check --cron` as a pure function: hostile commands, keys that must not be shown, what is said of each job."""

import io
import json
import re
import time
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bunkd_db.capabilities.cron.command import Read, Sender, Source, read_command
from bunkd_db.capabilities.cron.due import longest_gap
from bunkd_db.capabilities.cron.examine import judge_cron
from bunkd_db.capabilities.cron.keys import find_keys
from bunkd_db.capabilities.cron.report import CronReport, Ending, JobReport
from bunkd_db.capabilities.cron.rows import (
    CronFunction,
    CronJob,
    CronRun,
    LastCall,
    NetAnswers,
    RunHistory,
    Vault,
)
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.finding import Finding
from bunkd_db.capabilities.row import Row, kinds
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.cli import cron as screen
from bunkd_db.errors import DatabaseUnavailable
from tests.support.facts import extensions, facts, without

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"
HOST = "api.example.com"
URL = f"https://{HOST}/run"
POST = f"select net.http_post(url := '{URL}', timeout_milliseconds := 30000)"
TICK = "set local statement_timeout = 0; select bunkd.tick('process-analysis-jobs')"
GRANTS = CronGrants(True, True, True, may_read=True, sees_all=True, may_read_runs=True)
CRON = extensions("pg_cron", installed="1.6")
DAY = 86400.0


def job(text: str = POST, id: int = 1, **changes: object) -> CronJob:
    """A job that is well."""
    well = CronJob(
        id=id,
        name=f"job-{id}",
        role="postgres",
        database="postgres",
        here=True,
        active=True,
        cron="*/5 * * * *",
        legacy=False,
        all_jobs=1,
        command=text,
    )
    return replace(well, **changes)  # type: ignore[arg-type]


def ran(id: int = 1, status: str = "succeeded", message: str | None = "1 row") -> CronRun:
    return CronRun(id, status, message, datetime(2026, 1, 1, tzinfo=UTC), 180.0)


def last_call(outcome: str | None, failed: bool | None, url: str | None = URL) -> LastCall:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    status = {"ok": 200, "rejected": 401}.get(outcome or "")
    return LastCall("process-analysis-jobs", url, outcome, status, failed, at, 90.0)


HISTORY = RunHistory(counted=9, estimate=9.0, bytes=65536, oldest=3 * DAY, seen_for=3 * DAY)


def world(*rows: Row, grants: CronGrants = GRANTS, net: str = "0.20.4") -> Facts:
    """Facts with these rows; where none are named, no question was declined."""
    net_too = [replace(each, installed=net) if each.name == "pg_net" else each for each in CRON]
    history = [] if any(isinstance(row, RunHistory) for row in rows) else [HISTORY]
    whole = facts(*net_too, grants, *history, *rows)
    empty: dict[type[Row], list[Row]] = {
        kind: [] for kind in (CronJob, CronFunction, CronRun, LastCall, NetAnswers)
    }
    return replace(whole, found={**empty, **whole.found}, host="db.example.com")


def judged(*rows: Row) -> CronReport:
    return judge_cron(world(*rows))


def only(report: CronReport) -> JobReport:
    [found] = report.jobs
    return found


def found_codes(report: CronReport) -> set[str]:
    return {finding.reason for finding in report.every_finding}


def finding(report: CronReport, code: str) -> Finding:
    [found] = [each for each in report.every_finding if each.reason == code]
    return found


def test_the_other_checks_do_not_ask_for_it() -> None:
    assert not {CronJob, CronFunction, CronRun, RunHistory, LastCall, NetAnswers} & set(kinds())


# What a command calls


def read(text: str, *functions: Source) -> Read:
    return read_command(text, list(functions))


CALLS = {
    POST: (Sender.PG_NET, HOST, True),
    "select net.http_get('https://a.example:8080/x')": (Sender.PG_NET, "a.example:8080", False),
    'select "net"."http_delete"(url => $$https://a.example/x$$)': (
        Sender.PG_NET,
        "a.example",
        False,
    ),
    "select net.http_post('https://a.example', '{}', '{}', '{}', 1000)": (
        *(Sender.PG_NET, "a.example", True),
    ),
    "select net.http_get('https://a.example', '{}', '{}')": (Sender.PG_NET, "a.example", False),
    "do $x$ begin perform net . http_get (url := E'https://a.example/'); end $x$": (
        *(Sender.PG_NET, "a.example", False),
    ),
    "do $$ declare u text := 'https://a.example/'; begin perform net.http_get(u); end $$": (
        *(Sender.PG_NET, "a.example", False),
    ),
    "execute 'select net.http_get(''https://a.example/'')'": (
        *(Sender.PG_NET, "a.example", False),
    ),
    "select net.http_get(('https://' || 'a.example' || '/x'))": (
        *(Sender.PG_NET, "a.example", False),
    ),
    "select content from http_get('https://a.example/')": (Sender.HTTP, "a.example", True),
    "select extensions.http_put('https://a.example/', '', '')": (Sender.HTTP, "a.example", True),
    "select http(('PATCH', 'https://a.example/', null, null, null)::http_request)": (
        *(Sender.HTTP, "a.example", True),
    ),
    "SELECT NET.HTTP_POST(URL := 'HTTPS://A.Example/x')": (Sender.PG_NET, "a.example", False),
    # put together when it runs: nothing is guessed
    "select net.http_get(format('https://%s/x', h))": (Sender.PG_NET, None, False),
    "select net.http_get('https://a' || env || '.example/')": (Sender.PG_NET, None, False),
    "select net.http_post((select decrypted_secret from vault.decrypted_secrets where name = 'u') || '/x')": (
        *(Sender.PG_NET, None, False),
    ),
    "select net.http_get('https://u:p@a.example/x' || q)": (Sender.PG_NET, "a.example", False),
    TICK: (Sender.TICK, None, True),
}


@pytest.mark.parametrize("text", CALLS)
def test_a_call_is_found(text: str) -> None:
    [call] = read(text).calls
    assert (call.sender, call.host, call.has_timeout) == CALLS[text]


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "-- select net.http_post('https://a.example')\nselect 1",
        "/* net.http_post('https://a.example') /* */ net.http_get('x') */ select 1",
        "select 'net.http_post'",
        "select * from net._http_response",
        "select net.http_collect_response(1)",
        "select my_http_get('https://a.example')",
        "select other.tick('x')",
        "delete from net.http_request_queue",
        "",
        "'",
        "$$",
        "/*",
    ],
)
def test_what_makes_no_call_is_left_alone(text: str) -> None:
    assert read(text).calls == ()


RECIPE = Source(
    1,
    "public",
    "trigger_job_processing",
    "trigger_job_processing()",
    f"begin perform net.http_post(url := '{URL}', headers := '{{\"apikey\": \"{JWT}\"}}'); end",
)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("SELECT trigger_job_processing()", 1),
        ("call public . trigger_job_processing ( )", 1),
        ("select other.trigger_job_processing()", 0),
        ("select not_trigger_job_processing()", 0),
        ("select 'trigger_job_processing()'", 0),
        ("-- trigger_job_processing()", 0),
    ],
)
def test_a_call_in_a_function(text: str, calls: int) -> None:
    found = read(text, RECIPE)
    assert len(found.calls) == len(found.kept) == calls
    assert all(call.source == RECIPE and call.host == HOST for call in found.calls)


HOSTILE = [
    "'" * 100_000,
    "$a$" * 33_000,
    "/*" * 50_000,
    "net.http_get(" * 8_000,
    "'a','" * 20_000,
    '"aaaa' * 20_000,
    "e'\\" * 33_000,
    "?key=" * 20_000,
    "https://" * 12_000,
    "a" * 100_000,
    "eyJ" * 33_000,
    "eyJaaaaaaaaaaaa " * 6_000,
    " " * 100_000,
    "v_url " * 14_000 + "net.http_get(v_url)",
    "'apikey','" + "x" * 99_000,
    "delete from " * 8_000,
    "authorization" * 7_000,
    "'authorization','abcdefgh'" * 3_000,
    "select net.http_get(" + "'a'||" * 20_000,
    "bearer " * 14_000,
    "key key key " * 8_000,
    "keykeykey" * 11_000,
    "'Bearer abcdefgh'" * 6_000,
    "\x1b]0;net.http_get('https://a.example/\x07')" * 2_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_a_hostile_command_takes_no_time(text: str) -> None:
    began = time.process_time()
    report = judged(job(text), ran())
    assert time.process_time() - began < 2
    json.dumps(report.as_json())


def test_no_more_than_the_first_100_kB_is_looked_at() -> None:
    assert read(" " * 100_000 + POST).calls == ()
    assert len(read(" " * 99_000 + POST).calls) == 1


@given(st.text(alphabet=st.sampled_from("'\"$aeE/*-()\\ ,;|:=net.http_get")))
def test_any_text_can_be_read(text: str) -> None:
    read(f"select net.http_get({text}")


# Keys


KEYS = {
    f"'Authorization', 'Bearer {JWT}'": "an Authorization header",
    f'\'{{"Authorization": "Bearer {JWT}"}}\'': "an Authorization header",
    "'authorization', 'Basic dXNlcjpwYXNzd29yZA=='": "a value named authorization",
    '\'{"apikey": "topsecret99"}\'': "a value named apikey",
    "jsonb_build_object('x-cron-secret', 'topsecret99')": "a value named secret",
    "execute 'select x(''token'', ''topsecret99'')'": "a value named token",
    "-- sb_secret_abcdefghijkl": "a literal or a comment",
    f"select '{JWT}'": "a literal or a comment",
    "'Authorization', 'Bearer ' || 'topsecret99'": "an Authorization header",
    "concat('Bearer ', E'topsecret99')": "an Authorization header",
    "declare v_token constant text := 'topsecret99'": "a value named token",
    "select f(service_key => 'topsecret99')": "a value named key",
    "'https://me:topsecret@a.example/'": "the URL",
    "'https://a.example/?a=1&token=topsecret99'": "the URL",
    "'https://a.example/?key=topsecret99'": "the URL",
    "'https://hooks.slack.com/services/T000/B000/XXXXXXXX'": "the URL",
}


@pytest.mark.parametrize("text", KEYS)
def test_where_a_key_stands(text: str) -> None:
    assert {key.place for key in find_keys(text)} == {KEYS[text]}


@pytest.mark.parametrize(
    "text",
    [
        "'Authorization', 'Bearer ' || (select decrypted_secret from vault.decrypted_secrets where name = 'k')",
        "'Authorization', concat('Bearer ', current_setting('app.service_role_key'))",
        'format(\'{"Authorization": "Bearer %s"}\', k)',
        "'Content-Type', 'application/json'",
        "'https://a.example/?page=1&sort=name'",
        "'apikey', 'sb_publishable_abcdefghij'",
        "select 'monkey', 'business'",
        "select f(secret_name := 'the_secret', key_id => 'abcdefgh', timeout_milliseconds := 5000)",
        "declare v_key text := (select decrypted_secret from vault.decrypted_secrets limit 1)",
    ],
)
def test_what_is_no_key(text: str) -> None:
    assert find_keys(text) == []


SECRETS = st.one_of(
    st.from_regex(
        r"eyJ[A-Za-z0-9_-]{10,30}\.eyJ[A-Za-z0-9_-]{8,30}\.[A-Za-z0-9_-]{8,20}", fullmatch=True
    ),
    st.from_regex(r"sb_secret_[A-Za-z0-9]{12,24}", fullmatch=True),
    # random ones: nothing but their place tells that they are keys
    st.from_regex(r"Q[A-Za-z0-9]{6}[0-9]Z[A-Za-z0-9]{8,20}", fullmatch=True),
)
PLACES = [
    "select net.http_post(url := 'https://a.example/', headers := '{{\"Authorization\": \"Bearer {0}\"}}')",
    "select net.http_post('https://a.example/?token={0}')",
    "select net.http_post('https://user:{0}@a.example/x')",
    "select net.http_get('https://a.example/', headers := jsonb_build_object('apikey', '{0}'))",
    "select http_post('https://a.example/{0}', '{{\"password\": \"{0}\"}}', 'application/json')",
    "select net.http_get('https://{0}.a.example/?key={0}')",
    "do $$begin perform net.http_get('https://a.example/?secret={0}'); end$$ -- Bearer {0}",
    "do $$declare key text := '{0}'; begin perform net.http_get('https://a.example/'); end$$",
    "select net.http_get('https://a.example/', headers := hstore('x', 'Bearer ' || '{0}'))",
]


@given(
    secret=SECRETS, place=st.sampled_from(PLACES), status=st.sampled_from(["failed", "succeeded"])
)
@example(secret=JWT, place=PLACES[0], status="failed")
def test_no_key_is_ever_shown(secret: str, place: str, status: str) -> None:
    text = place.format(secret)
    shown = everything(
        job(text, name=f"n {secret}", role=f"r {secret}", cron=f"* {secret}"),
        job("select call_it()", 2),
        CronFunction(7, "public", "call_it", f"call_it({secret} text)", text),
        ran(1, status, f'ERROR:  bad "{secret}"\nQUERY: {text}'),
        ran(2, status, f"ERROR:  {secret} in {text}"),
    )
    assert "KEY_IN_" in shown
    whole = text.lower() if "://{0}." in place else ""  # a host is shown in lower case
    assert secret not in shown
    assert not whole or secret.lower() not in shown


def everything(*rows: Row) -> str:
    """Whatever any output could show."""
    report = judged(*rows)
    out = io.StringIO()
    with redirect_stdout(out):
        screen.show(report)
    return out.getvalue() + json.dumps(report.as_json()) + repr(report) + repr(rows[0].__class__)


def test_a_row_does_not_show_its_command() -> None:
    whole = world(job(f"select '{JWT}'"), CronFunction(7, "a", "b", "b()", JWT))
    assert JWT not in repr(whole)


def test_a_key_in_the_command_and_in_the_url() -> None:
    text = f"select net.http_post('https://a.example/?key=topsecret99', headers := '{{\"apikey\": \"{JWT}\"}}')"
    report = judged(job(text, active=False))
    assert found_codes(report) == {"KEY_IN_COMMAND", "KEY_IN_URL"}
    found = finding(report, "KEY_IN_COMMAND")
    assert "a value named apikey" in found.detail
    assert "anybody who can read cron.job can" in found.detail
    assert report.failed


@pytest.mark.parametrize("has_vault", [True, False])
def test_the_way_out_for_a_key_is_what_this_database_has(has_vault: bool) -> None:
    leaking = job(f"select net.http_post('{URL}', headers := '{{\"apikey\": \"{JWT}\"}}')")
    found = finding(judged(leaking, Vault(has_vault)), "KEY_IN_COMMAND")
    whole = " ".join((found.remedy, *found.commands))
    assert ("no Vault" in found.remedy) is not has_vault
    assert ("vault." in whole) is has_vault
    assert ("bunkd-db upgrade" in found.commands) is not has_vault
    assert "select cron.alter_job(1, command := $cron$ select net.http_post(" in found.commands[-1]
    assert JWT not in whole


def test_a_role_that_sees_no_job_is_not_told_that_there_is_none() -> None:
    report = judge_cron(world(grants=replace(GRANTS, sees_all=False)))
    out = io.StringIO()
    with redirect_stdout(out):
        screen.show(report)
    first, *_ = out.getvalue().splitlines()
    assert first.startswith(
        "Role postgres sees no cron job: row-level security hides those of other"
    )
    assert "superuser" in first


def test_control_characters_are_not_shown() -> None:
    shown = everything(job(name="a\x1b[2J\u202eb\nc", role="\x07r"), ran(1, "failed", "\x1b[2Jno"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", shown)


# What is said of a job


def test_a_job_that_is_well() -> None:
    report = judged(job(), ran())
    found = only(report)
    assert (found.hosts, found.senders, found.findings) == ((HOST,), ("pg_net",), ())
    assert found.outcome.ending is Ending.QUEUED
    assert found.outcome.detail == "queued 3 min ago; pg_net keeps no link from answer to job"
    assert not report.failed


@pytest.mark.parametrize(
    ("outcome", "failed", "ending"),
    [
        ("ok", False, Ending.OK),
        ("timeout", False, Ending.OK),
        ("rejected", True, Ending.CALL_FAILED),
        ("lost", False, Ending.UNKNOWN),
        (None, None, Ending.NO_CALL),
    ],
)
def test_of_ours_the_ledger_knows(outcome: str | None, failed: bool | None, ending: Ending) -> None:
    report = judged(job(TICK), ran(), last_call(outcome, failed))
    assert only(report).outcome.ending is ending
    assert report.failed is (ending is Ending.CALL_FAILED)
    assert found_codes(report) == ({"CALL_FAILED"} if report.failed else set())


def test_a_tick_that_nobody_knows_about() -> None:
    assert only(judged(job(TICK), ran())).outcome.ending is Ending.UNKNOWN
    declined = without(LastCall, world(job(TICK), ran()))
    found = only(judge_cron(declined))
    assert "this role cannot read it" in found.outcome.detail
    elsewhere = only(judged(job(TICK, here=False, database="shop"), ran()))
    assert "in database shop" in elsewhere.outcome.detail


def test_a_run_that_failed() -> None:
    report = judged(
        job(), ran(1, "failed", "ERROR:  function net.http_post does not exist\nLINE 1")
    )
    assert only(report).outcome.ending is Ending.RUN_FAILED
    assert only(report).outcome.detail.endswith("ERROR: function net.http_post does not exist")
    assert finding(report, "RUN_FAILED").status == "fail"
    assert found_codes(judged(job(active=False), ran(1, "failed"))) == set()


def test_pgsql_http_waited_for_an_answer() -> None:
    found = only(judged(job(f"select http_get('{URL}')"), ran()))
    assert found.outcome.ending is Ending.ANSWERED
    assert "not recorded" in found.outcome.detail


@pytest.mark.parametrize(
    ("cron", "warned"),
    [("30 seconds", True), ("*/5 * * * *", True), ("0 3 * * *", True), ("0 3 * * 1", False),
     ("0 3 1 * *", False), ("0 0 1 1 *", False), ("what", False)],
)  # fmt: skip
def test_a_job_that_never_ran_although_it_was_due(cron: str, warned: bool) -> None:
    report = judged(job(cron=cron))
    assert only(report).outcome.ending is Ending.NO_RUN
    assert only(report).outcome.detail == "no run in pg_cron's history, which goes back 3 days"
    assert found_codes(report) == ({"NEVER_RAN", "NO_RETENTION"} if warned else {"NO_RETENTION"})
    assert "NEVER_RAN" not in found_codes(judged(job(cron=cron, active=False)))


def test_more_runs_than_are_looked_at() -> None:
    many = replace(HISTORY, counted=10_001, oldest=90 * DAY)
    found = only(judged(job(cron="0 0 1 1 *"), many))
    assert found.outcome.detail == "no run among pg_cron's last 10,000 runs, which go back 3 days"


def test_a_first_run_that_goes_on() -> None:
    assert only(judged(job(), ran(1, "running", None))).outcome.ending is Ending.RUNNING


@pytest.mark.parametrize(("net", "waits"), [("0.7.1", "2 s"), ("0.8.0", "5 s"), ("0.20.4", "5 s")])
def test_no_timeout(net: str, waits: str) -> None:
    report = judge_cron(world(job(f"select net.http_get('{URL}')"), ran(), net=net))
    found = finding(report, "NO_TIMEOUT")
    assert f"waits for {waits}" in found.detail
    assert found.commands == ("select command from cron.job where jobid = 1;",)
    inside = CronFunction(7, "public", "call_it", "call_it()", f"select net.http_get('{URL}')")
    found = finding(judged(job("select call_it()"), inside, ran()), "NO_TIMEOUT")
    assert found.commands == ("select pg_get_functiondef(7);",)


MINE, THEIRS = "a" * 20 + ".supabase.co", "b" * 20 + ".supabase.co"


def test_a_host_that_is_not_ours() -> None:
    report = judged(job(), ran(), last_call("ok", False, f"https://{MINE}/run"))
    found = finding(report, "FOREIGN_HOST")
    assert found.status == "warn"
    assert HOST in found.detail
    assert MINE in found.detail
    assert found.commands == ("select cron.alter_job(1, active := false);",)
    posts = job(POST.replace(HOST, THEIRS))
    report = judged(posts, ran(), last_call("ok", False, f"https://{MINE}/run"))
    assert finding(report, "FOREIGN_HOST").status == "fail"
    report = judge_cron(replace(world(posts, ran()), host=f"db.{MINE}"))
    assert "this database belongs to" in finding(report, "FOREIGN_HOST").detail
    assert found_codes(judged(posts, ran(), last_call("ok", False, f"https://{THEIRS}/"))) == {"NO_RETENTION"}  # fmt: skip


def test_several_hosts_where_nobody_says_which_is_meant() -> None:
    other = job(POST.replace(HOST, "dev.example.com"), 2)
    found = finding(judged(job(), other, ran(1), ran(2)), "SEVERAL_HOSTS")
    assert "api.example.com (job 1), dev.example.com (job 2)" in found.detail


def test_jobs_that_call_the_same_url() -> None:
    same = job(POST.replace("https", "HTTPS").replace(HOST, "API.example.com:443"), 2)
    report = judged(job(), same, job(POST, 3, active=False), job(f"{POST}; {POST}", 4), ran(1))
    found = finding(report, "SAME_URL")
    assert "3 jobs" in found.detail
    assert found.commands == tuple(
        f"select cron.alter_job({id}, active := false);" for id in (2, 4)
    )
    assert "SAME_URL" not in found_codes(judged(job(f"{POST}; {POST}"), ran()))
    assert "SAME_URL" not in found_codes(judged(job(), job(POST.replace("/run", "/walk"), 2)))


@pytest.mark.parametrize("legacy", ["by its url", "by its name"])
def test_a_job_beside_ours(legacy: str) -> None:
    hand = job(POST, 2) if legacy == "by its url" else job("select f()", 2, legacy=True)
    body = "perform net.http_post(url := v_url)"
    inside = CronFunction(7, "public", "f", "f()", body)
    report = judged(job(TICK), hand, inside, ran(1), ran(2), last_call("ok", False))
    found = finding(report, "LEGACY_JOB")
    assert "as job-1 (id 1): job-2 (id 2)" in found.detail
    assert found.commands == ("select cron.alter_job(2, active := false);",)
    assert "SAME_URL" not in found_codes(report)
    alone = judged(hand, inside, ran(2))
    assert "LEGACY_JOB" not in found_codes(alone)


# Of all jobs


PRUNE = "delete from cron.job_run_details where end_time < now() - interval '7 days'"


@pytest.mark.parametrize(
    "text", [PRUNE, "truncate table cron.job_run_details", 'DELETE FROM ONLY "cron"."job_run_details"',
             f"do $$begin {PRUNE}; end$$", "select prune()"],
)  # fmt: skip
def test_history_that_a_job_prunes(text: str) -> None:
    function = CronFunction(7, "public", "prune", "prune()", PRUNE)
    report = judged(job(), job(text, 2), function, ran())
    assert found_codes(report) == set()
    assert report.history is not None
    assert report.history.pruned_by == (2,)
    assert "NO_RETENTION" in found_codes(judged(job(), job(text, 2, active=False), function, ran()))


def test_history_that_nobody_prunes() -> None:
    many = replace(HISTORY, counted=10_001, estimate=2_000_000.0, bytes=300 * 1024**2)
    found = finding(judged(job(), many, ran()), "NO_RETENTION")
    assert "about 2,000,000 rows, 300.0 MB, the oldest 3 days old" in found.detail
    [command] = found.commands
    assert command.startswith("select cron.schedule('prune-cron-history'")
    assert read(command).prunes
    assert "NO_RETENTION" not in found_codes(judged(job(TICK), ran(), last_call("ok", False)))
    off = replace(world(job(), ran()), settings={"cron.log_run": "off"})
    assert "NO_RETENTION" not in found_codes(judge_cron(off))


def test_what_this_role_cannot_see_is_said() -> None:
    own = replace(GRANTS, sees_all=False)
    report = judge_cron(world(job(), ran(), grants=own))
    assert "sees only its own cron jobs" in finding(report, "UNANSWERED").detail
    assert "no job that this role sees" in finding(report, "NO_RETENTION").detail
    report = judge_cron(without(CronRun, world(job())))
    assert only(report).outcome.ending is Ending.UNKNOWN
    assert "pg_cron's runs could not be read" in finding(report, "UNANSWERED").detail


def test_what_cannot_be_asked() -> None:
    with pytest.raises(DatabaseUnavailable, match=r"cannot read cron\.job: permission denied"):
        judge_cron(without(CronJob, world()))
    with pytest.raises(DatabaseUnavailable, match="in database other"):
        judge_cron(facts(settings={"cron.database_name": "other"}))


def test_no_pg_cron(capsys: pytest.CaptureFixture[str]) -> None:
    report = judge_cron(facts())
    screen.show(report)
    assert capsys.readouterr().out == (
        "pg_cron is not installed in database postgres: there are no cron jobs.\n"
    )
    assert not report.failed


@pytest.mark.parametrize(
    ("cron", "seconds"), [("@daily", 86400), ("1 second", 60), ("* * * * *", 60), ("", None)]
)
def test_the_longest_gap(cron: str, seconds: int | None) -> None:
    assert longest_gap(cron) == seconds
