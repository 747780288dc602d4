"""`bunkd-db alert`: where messages go, set by hand or by a deploy, and never shown."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.command import environment, finish, here, start
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, install, upgrade
from tests.support.wait import wait_until
from tests.support.watched import receiver

URL = "https://hooks.example.com/services/T0/B0/s3cret"
OTHER = "https://hooks.example.com/services/T0/B0/0ther"
PING = "https://hc-ping.example.com/s3cret"


def kept(connection: Connection, place: str = "alert") -> object:
    return scalar(connection, object, "select bunkd.find_credential(%s, %s)", [SCHEDULE, place])


@pytest.fixture
def webhook(database: Database) -> Iterator[Endpoint]:
    with receiver(database) as running:
        yield running


@pytest.fixture
def at(database: Database) -> dict[str, str]:
    """An installation, as a variable of the environment."""
    install(database)
    return {"DATABASE_URL": database.url}


def test_set_show_and_remove(at: dict[str, str], connection: Connection) -> None:
    done = here("alert", "set", stdin=f"{URL}\n", **at)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"Stored the alert webhook of schedule {SCHEDULE}: hooks.example.com.",
        f"To try it: bunkd-db alert test --schedule {SCHEDULE}",
    ]
    assert here("alert", "set", "--heartbeat", stdin=f"'{PING}'", **at).code == 0
    assert (kept(connection), kept(connection, "heartbeat")) == (URL, PING)
    shown = here("alert", "show", "--json", **at)
    found = json.loads(shown.out)
    assert list(found) == ["schedule", "webhook", "heartbeat", "active", "messages"]
    assert found["webhook"]["host"] == "hooks.example.com"
    assert found["webhook"]["kept_in"] == "table bunkd.secret, in plain text"
    assert found["heartbeat"]["host"] == "hc-ping.example.com"
    assert (found["active"], found["messages"]) == ([], [])
    plain = here("alert", "show", **at)
    assert plain.out.splitlines()[0].startswith("webhook   hooks.example.com, set 20")
    assert "s3cret" not in shown.all + plain.all
    assert (
        here("alert", "remove", **at).out == f"Removed the alert webhook of schedule {SCHEDULE}.\n"
    )
    assert (kept(connection), kept(connection, "heartbeat")) == (None, PING)
    again = here("alert", "remove", **at)
    assert (again.code, again.err) == (1, f"Error: schedule {SCHEDULE} has no alert webhook\n")
    assert json.loads(here("alert", "show", "--json", **at).out)["webhook"] is None


def test_every_change_is_in_the_history(at: dict[str, str], connection: Connection) -> None:
    connection.execute("delete from bunkd.change")
    here("alert", "set", stdin=URL, **at)
    here("alert", "remove", **at)
    found = connection.execute(
        "select what, origin, before ->> 'store', after ->> 'store', after ->> 'place',"
        " (before, after)::text ~ 'hooks' from bunkd.history order by change"
    ).fetchall()
    assert found == [
        ("credential", "command", None, "table", "alert", False),
        ("credential", "command", "table", "removed", "alert", False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "hooks.example.com/x",
        "ftp://h/x",
        "https://",
        "https://u:p@h/x",
        "https://h/x#y",
        "https://h/x y",
        "https://h/\xe4",
        "https://h/" + "x" * 2000,
        "https://h:99999/x",
        "https://h:0/x",
    ],
)
def test_what_is_no_url(at: dict[str, str], connection: Connection, text: str) -> None:
    done = here("alert", "set", stdin=text.encode("latin-1"), **at)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "Error: the URL from standard input is not an http or https URL",
        "Write it as its service shows it, like https://HOST/PATH, without a user or a fragment.",
    ]
    assert kept(connection) is None


def test_from_the_environment(at: dict[str, str], connection: Connection) -> None:
    assert here("alert", "set", "--from-env", BUNKD_ALERT_WEBHOOK=URL, **at).code == 0
    assert kept(connection) == URL
    done = here("alert", "set", "--from-env", "--heartbeat", BUNKD_ALERT_WEBHOOK=URL, **at)
    assert (done.code, done.err.splitlines()[0]) == (2, "Error: BUNKD_HEARTBEAT_URL is not set")
    assert "without --from-env" in done.err


@pytest.mark.parametrize(
    "command", [["show"], ["remove"], ["test"], ["set"], ["remove", "--heartbeat"]]
)
def test_a_schedule_that_is_not_there(at: dict[str, str], command: list[str]) -> None:
    done = here("alert", *command, "--schedule", "none", stdin=URL, **at)
    assert (done.code, done.out) == (2, "")
    assert "there is no schedule none" in done.err


@pytest.mark.parametrize("later", [{}, {"BUNKD_ALERT_WEBHOOK": URL}])
def test_a_deploy_reverts_no_later_change(
    at: dict[str, str], database: Database, connection: Connection, later: dict[str, str]
) -> None:
    install(database, BUNKD_ALERT_WEBHOOK=URL)
    assert kept(connection) == URL
    here("alert", "set", stdin=OTHER, **at)
    install(database, **later)
    assert kept(connection) == OTHER
    here("alert", "remove", **at)
    install(database, **later)
    assert kept(connection) is None
    install(database, BUNKD_ALERT_WEBHOOK=f"{URL}-new")
    assert kept(connection) == f"{URL}-new"


def test_a_deploy_says_what_it_stored_and_never_the_url(database: Database) -> None:
    said = f"Stored the alert webhook and the heartbeat URL of schedule {SCHEDULE}."
    given = {"BUNKD_ALERT_WEBHOOK": URL, "BUNKD_HEARTBEAT_URL": PING}
    lines = install(database, **given)
    assert said in lines
    assert "s3cret" not in "".join(lines)
    assert not [line for line in install(database, **given) if line.startswith("Stored")]
    assert f"Stored the alert webhook of schedule {SCHEDULE}." in install(
        database, **{**given, "BUNKD_ALERT_WEBHOOK": OTHER}
    )


def test_one_in_external_mode_is_kept_too(database: Database, connection: Connection) -> None:
    upgrade(database, BUNKD_MODE="external", BUNKD_ALERT_WEBHOOK=URL, BUNKD_HEARTBEAT_URL=PING)
    assert (kept(connection), kept(connection, "heartbeat")) == (URL, PING)
    done = here("alert", "set", stdin=OTHER, DATABASE_URL=database.url)
    assert (done.code, kept(connection)) == (0, OTHER)
    tried = here("alert", "test", DATABASE_URL=database.url)
    assert tried.code == 1
    assert tried.err.splitlines() == [
        "Error: no worker is running, and this database sends no messages itself",
        f"Start one: bunkd-db worker --schedule {SCHEDULE}",
    ]


def test_a_test_arrives(at: dict[str, str], webhook: Endpoint) -> None:
    here("alert", "set", stdin=webhook.url, **at)
    here("alert", "set", "--heartbeat", stdin=webhook.url, **at)
    done = here("alert", "test", **at)
    assert (done.code, done.out) == (0, "The test arrived at the alert webhook; pg_net sent it.\n")
    beat = here("alert", "test", "--heartbeat", "--json", **at)
    assert json.loads(beat.out) == {"arrived": True, "sent_by": "pg_net"}
    bodies = [json.loads(each.body) for each in webhook.received]
    assert [(body["code"], body["state"]) for body in bodies] == [
        ("TEST", "test"),
        ("TEST_HEARTBEAT", "test"),
    ]
    assert bodies[0]["text"] == f"{SCHEDULE}: this is a test of bunkd-db"


@pytest.mark.parametrize(("how", "says"), [(404, "it answered 404"), ("hang", "nobody answered")])
def test_a_test_that_does_not_arrive(
    at: dict[str, str], webhook: Endpoint, how: int | str, says: str
) -> None:
    webhook.fail_with = how
    here("alert", "set", stdin=webhook.url, **at)
    done = here("alert", "test", **at)
    assert (done.code, done.out) == (1, "")
    first, second = done.err.splitlines()
    assert first.startswith(f"Error: the test did not arrive at the alert webhook: {says}")
    assert second.endswith(f"bunkd-db alert set --schedule {SCHEDULE}")
    assert len(webhook.received) == 1
    webhook.fail_with = None
    assert here("alert", "test", **at).code == 0


def test_the_url_is_removed_during_a_test(at: dict[str, str], webhook: Endpoint) -> None:
    here("alert", "set", stdin=webhook.url, **at)
    webhook.fail_with = "hang"
    process = start("alert", "test", **at)
    wait_until(lambda: webhook.open == 1)
    assert here("alert", "remove", **at).code == 0
    done = finish(process)
    assert (done.code, "has no alert webhook" in done.err) == (1, True), done.all


def test_a_test_without_a_url(at: dict[str, str]) -> None:
    done = here("alert", "test", "--heartbeat", **at)
    assert done.code == 1
    assert done.err.splitlines() == [
        f"Error: schedule {SCHEDULE} has no heartbeat URL",
        f"Set it: bunkd-db alert set --heartbeat --schedule {SCHEDULE}",
    ]


def test_status_says_who_is_told_and_what_did_not_arrive(
    at: dict[str, str], database: Database, connection: Connection, webhook: Endpoint
) -> None:
    here("alert", "set", stdin=webhook.url, **at)
    connection.execute(
        "insert into bunkd.alert (schedule, code, detail, since, seen, started)"
        " values (%s, 'X', 'it fails', now() - interval '3 minutes', now(), now())",
        [SCHEDULE],
    )
    connection.execute("select bunkd.queue_message(%s, 'X', 'alert', 'started')", [SCHEDULE])
    connection.execute("update bunkd.message set due = null, problem = 'it answered 500'")
    out = here("status", **at).out
    assert f"alerts    to {database.server.callback_host}\n" in out
    assert "X for 3 min: it fails" in " ".join(out.split())
    assert "a message did not arrive at the alert webhook: it answered 500" in out
    checked = json.loads(here("check", "--json", **at).out)
    [alerts] = [each for each in checked["checks"] if each["name"] == "alerts"]
    assert (alerts["status"], alerts["reason"]) == ("warn", "ALERTS_FAIL")
    assert alerts["detail"] == "a message did not arrive at the alert webhook: it answered 500"
    assert alerts["commands"] == [
        f"bunkd-db alert {verb} --schedule {SCHEDULE}" for verb in ("set", "test")
    ]
    metrics = here("status", "--format", "prometheus", **at).out
    assert f'bunkd_alert_active{{code="X",schedule="{SCHEDULE}"}} 1.0' in metrics
    assert (
        f'bunkd_problem{{code="ALERTS_FAIL",level="degraded",schedule="{SCHEDULE}"}} 1.0' in metrics
    )


def test_what_was_given_up_is_over_once_a_later_message_arrives(
    at: dict[str, str], connection: Connection, webhook: Endpoint
) -> None:
    here("alert", "set", stdin=webhook.url, **at)
    connection.execute("select bunkd.queue_message(%s, 'X', 'alert', 'over')", [SCHEDULE])
    connection.execute("update bunkd.message set due = null, problem = 'it answered 500'")
    webhook.fail_with = 500
    assert here("alert", "test", **at).code == 1
    assert "(TEST; it is not tried again)" in " ".join(here("status", **at).out.split())
    webhook.fail_with = None
    assert here("alert", "test", **at).code == 0
    assert "ALERTS_FAIL" not in here("status", **at).out
    assert "ALERTS_FAIL" not in here("check", "--json", **at).out
    assert "X over: did not arrive (it answered 500); given up" in here("alert", "show", **at).out
    connection.execute(
        "update bunkd.message set due = now() + interval '1 minute' where code = 'X'"
    )
    assert "(X; it is tried again)" in " ".join(here("status", **at).out.split())


def test_a_prompt_on_a_terminal_does_not_show_it(
    at: dict[str, str], connection: Connection
) -> None:
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", "alert", "set"],
        stdin=side,
        stdout=side,
        stderr=side,
        cwd="/",
        env=environment(**at),
        start_new_session=True,
    )
    os.close(side)
    shown = b""
    while b"Alert webhook:" not in shown:
        shown += os.read(main, 1000)
    os.write(main, f"{URL}\n".encode())
    assert process.wait(30) == 0
    shown += os.read(main, 10_000)
    assert b"s3cret" not in shown
    assert kept(connection) == URL


def test_check_says_where_they_go(
    at: dict[str, str], database: Database, connection: Connection
) -> None:
    def alerts() -> list[tuple[str, str]]:
        found = json.loads(here("check", "--json", **at).out)["checks"]
        return [(each["status"], each["detail"]) for each in found if each["name"] == "alerts"]

    assert alerts() == []
    install(database, BUNKD_ALERT_WEBHOOK=URL, BUNKD_HEARTBEAT_URL=PING)
    assert alerts() == [
        ("pass", "alerts go to hooks.example.com, heartbeats to hc-ping.example.com")
    ]
    assert "sends them" not in here("status", **at).out
    connection.execute("update bunkd.schedule set mode = 'external'")
    [(status, detail)] = alerts()
    assert (status, detail.endswith(" would send them, and none is running")) == ("warn", True)
    assert "; no worker is running, and nobody else sends them" in here("status", **at).out
    connection.execute("update bunkd.schedule set mode = 'native'")
    connection.execute("delete from bunkd.secret where place = 'heartbeat'")
    assert alerts() == [
        ("warn", "the heartbeat URL is stored, but can no longer be read or decrypted")
    ]
