"""`bunkd-db history`: every change once, with who and why; never a secret; none is lost by a deploy."""

import json
from typing import Any

import pytest

from tests.support.command import bunkd, here
from tests.support.database import Database
from tests.support.queue import create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import CREDENTIAL, NATIVE, SCHEDULE, install, upgrade

SECRET = "another-token-of-the-tests"


def changes(database: Database, *arguments: str, **env: str) -> list[dict[str, Any]]:
    """What `history --json` has, the oldest first."""
    done = here("history", "--json", *arguments, DATABASE_URL=database.url, **env)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["format"] == 1
    return list(reversed(found["changes"]))


def test_every_change_is_there_once_and_a_deploy_adds_only_its_own(
    database: Database, connection: Connection
) -> None:
    create_queue(connection)
    install(database, BUNKD_EVERY="30s")
    first = changes(database)
    assert {each["what"] for each in first} == {
        "create",
        "set",
        "credential",
        "upgrade",
        "mode",
    } - ({"mode"} if all(each["what"] != "mode" for each in first) else set())
    assert {each["origin"] for each in first} == {"deploy"}
    install(database, BUNKD_EVERY="30s")
    assert changes(database) == first, "a deploy that changes nothing is no change"

    connection.execute('update bunkd.schedule set max_in_flight = 7, body = \'{"key": "hidden"}\'')
    done = bunkd("credential", "set", stdin=SECRET, DATABASE_URL=database.url, BUNKD_ACTOR="ann")
    assert done.code == 0, done.err
    install(database, BUNKD_EVERY="10m")
    by_hand, credential, deployed = changes(database)[len(first) :]
    assert (by_hand["what"], by_hand["origin"], by_hand["actor"]) == ("set", "sql", None)
    assert by_hand["before"] == {"max_in_flight": 5, "body": "***"}
    assert by_hand["after"] == {"max_in_flight": 7, "body": "***"}
    assert (credential["what"], credential["origin"], credential["actor"]) == (
        "credential",
        "command",
        "ann",
    )
    assert (deployed["origin"], deployed["before"], deployed["after"]) == (
        "deploy",
        {"every": "30s"},
        {"every": "10m"},
    )
    everything = connection.execute("select to_jsonb(h)::text from bunkd.history h").fetchall()
    for secret in (SECRET, CREDENTIAL, "hidden"):
        assert secret not in str(everything)


def test_the_screen(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    connection.execute(
        "update bunkd.schedule set paused = true, paused_because = 'the provider is down',"
        " paused_until = '2099-01-01 00:00Z'"
    )
    done = here("history", "--limit", "1", DATABASE_URL=database.url)
    head, *rest = done.out.splitlines()
    assert head.endswith(f"UTC  pause {SCHEDULE}, by role postgres (sql)")
    assert rest == [
        "    until 2099-01-01 00:00:00 UTC",
        "    because: the provider is down",
    ]
    status = here("status", DATABASE_URL=database.url).out
    assert "paused by postgres until 2099-01-01 00:00 UTC: the provider is down" in status
    assert "pause by role postgres (sql): until 2099-01-01 00:00:00 UTC" in status
    found = json.loads(here("status", "--json", DATABASE_URL=database.url).out)["schedules"][0]
    assert (found["pause"]["because"], found["pause"]["by"]) == ("the provider is down", "postgres")
    assert found["changes"][0]["what"] == "pause"


def test_a_hold_is_bunkds_own(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    connection.execute("update bunkd.schedule set timeline = '000000FF', registered = null")
    connection.execute("update bunkd.last_tick set at = now() - interval '1 day'")
    connection.execute("select bunkd.tick(%s)", [SCHEDULE])
    last = changes(database)[-1]
    assert (last["what"], last["origin"], last["actor"]) == ("hold", "bunkd", None)
    assert last["after"]["held_because"]


def test_that_a_copy_was_opened_is_there_once(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_ALERT_WEBHOOK="https://hooks.example.com/x")
    connection.execute("update bunkd.schedule set system_identifier = 42")
    before = len(changes(database))
    upgrade(database, **NATIVE)
    added = changes(database)[before:]
    [opened] = [each for each in added if each["what"] == "open"]
    assert opened["origin"] == "deploy"
    assert opened["why"].startswith("this database is a copy of the one that was provisioned")
    places = [(each["before"] or {}).get("place") for each in added if each["what"] == "credential"]
    assert places.count("alert") == 1


def test_it_is_bounded(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database)
    connection.execute(
        "do $$ begin for n in 1..1010 loop"
        " update bunkd.schedule set max_in_flight = 1 + n %% 2; end loop; end $$".replace("%%", "%")
    )
    count = "select count(*) from bunkd.change where schedule = %s"
    assert scalar(connection, int, count, [SCHEDULE]) == 1000
    assert scalar(connection, int, "select count(*) from bunkd.change where what = 'upgrade'") == 1


def test_an_upgrade_is_recorded_with_its_version(
    database: Database, connection: Connection
) -> None:
    upgrade(database)
    connection.execute(
        "update bunkd.change set after = jsonb_build_object('version', '0.0.1', 'revision', '0003')"
        " where what = 'upgrade'"
    )
    upgrade(database)
    upgrade(database)
    done = here("history", DATABASE_URL=database.url)
    assert done.out.count("upgrade, by") == 2
    assert "bunkd-db 0.0.1 (revision 0003) -> bunkd-db " in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--schedule", "nope"), 2, "there is no schedule nope"),
        (("--limit", "0"), 2, "--limit"),
        (("--limit", "many"), 2, "--limit"),
    ],
)
def test_bad_input(database: Database, arguments: tuple[str, ...], code: int, says: str) -> None:
    upgrade(database)
    done = here("history", *arguments, DATABASE_URL=database.url)
    assert (done.code, says in done.err) == (code, True), done.err


def test_a_reader_reads_it_and_nobody_else(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
        admin.execute("create role plain login password 'postgres'")
    install(database, BUNKD_READER_ROLE="oncall")
    assert here("history", DATABASE_URL=database.url_as("oncall")).code == 0
    done = here("history", DATABASE_URL=database.url_as("plain"))
    assert (done.code, "cannot read the history" in done.err) == (3, True), done.err


def test_before_the_first_upgrade(database: Database) -> None:
    done = here("history", DATABASE_URL=database.url)
    assert (done.code, "bunkd-db is not installed" in done.err) == (1, True)
