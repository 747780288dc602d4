"""`bunkd-db check` as its users meet it: exit codes, the screen, JSON, GitHub Actions."""

import json
from datetime import timedelta

import pytest

from tests.support.checked import install_and_wait
from tests.support.command import bunkd, here
from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Server
from tests.support.terminal import ESCAPE, terminal
from tests.support.upgrade import NATIVE, install, upgrade

KEYS = {"verdict", "active", "provider", "server", "extensions", "schedule", "checks", "external"}


def test_native_ends_with_0_and_says_so_first(database: Database) -> None:
    done = bunkd("check", DATABASE_URL=database.url)
    assert done.code == 0
    assert done.out.startswith("native: this database can make the calls itself")
    assert done.err == ""


def test_external_ends_with_1_and_names_what_fits(embedded: Server) -> None:
    done = here("check", DATABASE_URL=embedded.url)
    assert done.code == 1
    first, *_ = done.out.splitlines()
    assert (
        "calls must come from outside the database, because pg_cron is not available on this server"
        in first
    )
    assert "External schedulers that keep 30s:" in done.out
    fitting, _, slow = done.out.partition("Too slow for 30s:")
    assert "systemd" in fitting
    assert "github-actions" in slow


@pytest.mark.parametrize(("expect", "code"), [("external", 0), ("native", 1)])
def test_expect(embedded: Server, expect: str, code: int) -> None:
    assert here("check", "--expect", expect, DATABASE_URL=embedded.url).code == code


def test_what_was_not_expected_ends_with_1(database: Database) -> None:
    assert here("check", "--expect", "external", DATABASE_URL=database.url).code == 1


def test_the_interval_that_is_wanted_chooses_the_options(embedded: Server) -> None:
    done = here("check", "--json", DATABASE_URL=embedded.url, BUNKD_EVERY="5m")
    options = {option["name"]: option for option in json.loads(done.out)["external"]}
    assert options["github-actions"]["meets"]
    assert options["github-actions"]["interval_seconds"] == 300
    done = here("check", "--json", DATABASE_URL=embedded.url, BUNKD_EVERY="10s")
    options = {option["name"]: option for option in json.loads(done.out)["external"]}
    assert not options["cloudflare"]["meets"]
    assert options["systemd"]["meets"]


def test_json_has_what_is_promised(database: Database) -> None:
    install_and_wait(database)
    done = here("check", "--json", DATABASE_URL=database.url)
    answer = json.loads(done.out)
    assert set(answer) >= KEYS
    assert answer["verdict"] == "native"
    assert answer["active"] is True
    assert set(answer["server"]) >= {"version", "database", "role", "in_recovery"}
    for name in ("pg_cron", "pg_net"):
        assert set(answer["extensions"][name]) >= {
            *("available", "installed", "version", "preloaded", "worker_running")
        }
    assert set(answer["schedule"]) >= {"name", "every", "job_id", "drift"}
    assert all(set(c) >= {"name", "status", "detail", "remedy"} for c in answer["checks"])
    names = [check["name"] for check in answer["checks"]]
    assert len(names) == len(set(names))
    assert all(set(o) >= {"name", "interval_seconds", "meets"} for o in answer["external"])


@pytest.mark.parametrize(
    ("url", "code"),
    [("nonsense", 2), ("postgresql://postgres@127.0.0.1:1/postgres", 3), (None, 2)],
)
def test_json_also_when_nobody_could_be_asked(url: str | None, code: int) -> None:
    done = here("check", "--json", **({"DATABASE_URL": url} if url else {}))
    answer = json.loads(done.out)
    assert (done.code, answer["exit_code"]) == (code, code)
    assert answer["error"]
    assert "Traceback" not in done.all


def test_a_setting_that_cannot_be_used(database: Database) -> None:
    done = here("check", "--json", DATABASE_URL=database.url, BUNKD_EVERY="90s")
    assert done.code == 2
    assert "BUNKD_EVERY" in json.loads(done.out)["error"]


def test_verbose_shows_what_is_well_too(database: Database) -> None:
    quiet = here("check", DATABASE_URL=database.url).out
    for arguments in (("-v", "check"), ("check", "-v")):
        loud = here(*arguments, DATABASE_URL=database.url).out
        assert "pg_cron_available" in loud
    assert "pg_cron_available" not in quiet


def test_annotations_in_github_actions(embedded: Server, database: Database) -> None:
    done = here("check", "--json", DATABASE_URL=embedded.url, GITHUB_ACTIONS="true")
    assert json.loads(done.out)["verdict"] == "external"
    assert "::error title=bunkd-db pg_cron_available::pg_cron is not available" in done.err
    done = here("check", DATABASE_URL=database.url, GITHUB_ACTIONS="true")
    assert "::warning title=bunkd-db queue::" in done.all


def test_what_others_have_named_moves_no_cursor_and_is_no_command(
    database: Database,
) -> None:
    """The name of a trigger, which everybody can put on pg_net's queue."""
    install_and_wait(database)
    evil = "a\x1b[8m\r\n::add-mask::postgres\n##[add-mask]postgres\x1b]0;owned\x07"
    with database.admin() as admin:
        admin.execute(
            f'create trigger "{evil}" before insert on net.http_request_queue'
            " for each row execute function suppress_redundant_updates_trigger()".encode()
        )
    for arguments in (
        ("check",),
        ("check", "-v", "--require-active"),
        ("status",),
        ("upgrade",),
    ):
        shown = terminal(120, *arguments, DATABASE_URL=database.url, GITHUB_ACTIONS="true")
        assert "add-mask" in shown
        bad = ("\x1b[8m", "\x1b]0", "\x07", "\r", "##[")
        assert [part for part in bad if part in shown] == []
        lines = [line.strip() for line in ESCAPE.sub("", shown).splitlines()]
        assert [x for x in lines if x.startswith("::") and " title=" not in x] == []


def test_the_deploy_gate(database: Database) -> None:
    done = here("check", "--require-active", DATABASE_URL=database.url)
    assert done.code == 1
    assert "Not active" in done.out
    install_and_wait(database)
    assert here("check", "--require-active", DATABASE_URL=database.url).code == 0


def test_the_deploy_gate_where_the_calls_come_from_outside(embedded: Server) -> None:
    gate = ("check", "--expect", "external", "--require-active")
    with embedded.connect() as owner:
        create_queue(owner)
        upgrade(embedded.url, **NATIVE)
        assert here(*gate, DATABASE_URL=embedded.url).code == 0
        add_jobs(owner, 1, age=timedelta(hours=1))
        done = here(*gate, DATABASE_URL=embedded.url)
        assert done.code == 1
        assert "not being drained" in done.out


def test_a_role_without_any_privilege(database: Database) -> None:
    install_and_wait(database)
    with database.admin() as admin:
        admin.execute("create role nobody_at_all login password 'postgres'")
    done = here("check", "--json", DATABASE_URL=database.url_as("nobody_at_all"))
    answer = json.loads(done.out)
    assert (done.code, answer["verdict"]) == (0, "native")
    assert answer["extensions"]["pg_cron"]["worker_running"]
    skipped = {c["name"]: c["remedy"] for c in answer["checks"] if c["status"] == "skip"}
    assert "postgres" in skipped["schedule"]
    assert "postgres" in skipped["job"]
    done = here("check", DATABASE_URL=database.url_as("nobody_at_all"))
    assert "this role cannot see" in done.out
    assert "Traceback" not in done.all


def test_the_reader_gets_the_same_answer(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
    install_and_wait(database, BUNKD_READER_ROLE="oncall")
    answers = []
    for url in (database.url, database.url_as("oncall")):
        done = here("check", "--json", "--require-active", DATABASE_URL=url)
        assert (done.code, done.err) == (0, "")
        answers.append(json.loads(done.out))
    owner, reader = answers
    for key in ("verdict", "active", "extensions", "obstacles"):
        assert reader[key] == owner[key], key
    # what it cannot see is no failure, and is not said to be absent
    found = {check["name"]: check for check in reader["checks"]}
    for check in owner["checks"]:
        assert found[check["name"]]["status"] in (check["status"], "skip")
    untrue = (
        "not installed",
        "no url is set",
        "does not make the calls",
        "there is no ",
        "no runs",
    )
    assert [c for c in found.values() if any(part in c["detail"] for part in untrue)] == []
    for name in ("schedule", "job", "credential", "pg_net_ttl", "pg_cron_runs", "call_url"):
        assert found[name]["remedy"] == "Ask again as role postgres.", found[name]


def test_the_query_of_the_url_is_not_shown(database: Database) -> None:
    """It can be a key, and the output of `check` is in the log of every deploy."""
    install(database, BUNKD_CALL_URL="http://127.0.0.1:9/run_job?key=s3cret")
    done = here("check", "-v", "--json", DATABASE_URL=database.url)
    assert "the calls go to http://127.0.0.1:9/run_job" in done.out
    assert "s3cret" not in done.all


def test_an_older_revision_is_said_in_words(database: Database) -> None:
    install_and_wait(database)
    assert here("downgrade", "0001", DATABASE_URL=database.url).code == 0
    done = here("check", "--require-active", DATABASE_URL=database.url)
    assert done.code == 3
    assert "does not exist" not in done.out
    assert "schema bunkd is at another revision than this bunkd-db" in done.out
    assert "   bunkd-db upgrade" in done.out.splitlines()
    assert "its schema bunkd is at another revision" in done.out.splitlines()[0]
    [failed] = [line for line in done.out.splitlines() if line.startswith("fail")]
    assert failed.split()[1] == "revision"
    assert "the database is at revision 0001, and this bunkd-db needs 0" in failed
