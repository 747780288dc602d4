"""The credential: its kind, its end, who could read it, and who could reach what is ours."""

import base64
import json
import time

import pytest

from tests.support.checked import check, named
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.upgrade import install, upgrade


def jwt(**payload: object) -> str:
    parts = ({"alg": "HS256"}, payload)
    encoded = (
        base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts
    )
    return ".".join([*encoded, "c2lnbmF0dXJl"])


KINDS = {
    "service_role": (jwt(role="service_role"), "POWERFUL_CREDENTIAL", "Authorization: Bearer"),
    "anon": (jwt(role="anon"), "", "Authorization: Bearer"),
    "secret key": ("sb_secret_abcdef", "POWERFUL_CREDENTIAL", "apikey"),
    "publishable key": ("sb_publishable_abcdef", "", "apikey"),
    "dedicated": ("a-token-of-its-own", "", "Authorization: Bearer"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(database: Database, kind: str) -> None:
    value, reason, header = KINDS[kind]
    install(database, BUNKD_CREDENTIAL=value)
    report = check(database)
    found = named(report, "credential")
    assert found.reason == reason
    assert header in found.detail
    # who reads along only matters where it opens more than the function
    assert named(report, "header_readers").reason == ("HEADERS_READABLE" if reason else "")
    assert value not in repr(report)


@pytest.mark.parametrize(("days", "reason"), [(-2, "EXPIRED"), (5, "EXPIRES"), (400, "")])
def test_expiry(database: Database, days: int, reason: str) -> None:
    value = jwt(role="service_role", exp=int(time.time()) + days * 86400)
    install(database, BUNKD_CREDENTIAL=value)
    report = check(database)
    assert report.facts.unanswered == {}
    assert named(report, "credential_expiry").reason == reason
    assert value not in repr(report)


@pytest.mark.parametrize("exp", ["tomorrow", None, {}, 10**30])
def test_an_expiry_that_is_none(database: Database, exp: object) -> None:
    install(database, BUNKD_CREDENTIAL=jwt(role="anon", exp=exp))
    assert named(check(database), "credential_expiry").status in ("pass", "skip")


def test_no_credential_is_in_the_servers_log(database: Database) -> None:
    value = jwt(role="service_role", exp="tomorrow", mark="canary-in-the-payload")
    install(database, BUNKD_CREDENTIAL=value)
    check(database)
    log = database.log()
    assert "canary-in-the-payload" not in log
    assert value.split(".")[1] not in log


def test_where_it_is_kept(database: Database) -> None:
    install(database)
    assert named(check(database), "credential_store").reason == "NO_VAULT"


def test_who_may_read_it_in_the_clear(database: Database) -> None:
    install(database)
    with database.admin() as admin:
        admin.execute("revoke pg_read_all_data from supabase_read_only_user")
    assert named(check(database), "credential_store").remedy.startswith("Nobody but")
    with database.admin() as admin:
        admin.execute("create role reading login; grant pg_read_all_data to reading")
        # which does not inherit, and may become who does
        admin.execute("create role turning login noinherit; grant reading to turning")
        admin.execute("create role granted login; grant usage on schema bunkd to granted")
        admin.execute("grant select (value) on bunkd.secret to granted")
        admin.execute("create role group_only; grant pg_read_all_data to group_only")
    found = named(check(database), "credential_store")
    assert (found.status, found.reason) == ("warn", "NO_VAULT")
    assert "can read it: granted, reading, turning" in found.detail
    assert "Nobody" not in found.remedy


def test_a_publication_carries_it_away(database: Database, connection: Connection) -> None:
    install(database)
    with database.admin() as admin:
        admin.execute("create publication everything for all tables")
    found = named(check(database), "credential_store")
    assert (found.status, found.reason) == ("warn", "PUBLISHED")
    assert "publication everything" in found.detail
    connection.execute("create extension supabase_vault")
    install(database, BUNKD_CREDENTIAL="another-token")
    assert named(check(database), "credential_store").status == "pass"


@pytest.mark.parametrize(
    ("value", "header", "reason"),
    [
        ("sb_secret_abcdef", "", "HANDED_ON"),
        ("a-token-of-its-own", "X-Key", "HANDED_ON"),
        ("a-token-of-its-own", "", ""),
        ("a-token-of-its-own", "authorization", ""),
        ("sb_publishable_abcdef", "", ""),
    ],
)
def test_what_a_redirect_hands_on(database: Database, value: str, header: str, reason: str) -> None:
    install(database, BUNKD_CREDENTIAL=value, BUNKD_CREDENTIAL_HEADER=header)
    assert named(check(database), "redirects").reason == reason
    upgrade(database, BUNKD_MODE="external")
    assert named(check(database), "redirects").status == "skip"


def test_in_vault(database: Database, connection: Connection) -> None:
    connection.execute("create extension supabase_vault")
    install(database)
    found = named(check(database), "credential_store")
    assert found.status == "pass"
    assert "Vault secret" in found.detail


def test_the_readers_are_named(database: Database) -> None:
    install(database, BUNKD_CREDENTIAL=jwt(role="service_role"))
    with database.admin() as admin:
        admin.execute("create role intern login")
    found = named(check(database), "header_readers")
    assert "authenticator" in found.detail
    assert "more" in found.detail
    with database.admin() as admin:
        admin.execute("revoke all on all tables in schema net from public")
        admin.execute("grant select, insert on all tables in schema net to postgres")
        admin.execute("revoke pg_read_all_data from supabase_read_only_user")
    assert named(check(database), "header_readers").status == "pass"


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_a_stranger_may_use_our_schema(
    database: Database, connection: Connection, role: str
) -> None:
    install(database)
    assert named(check(database), "our_functions").status == "pass"
    connection.execute(f"grant usage on schema bunkd to {role}")
    found = named(check(database), "our_functions")
    assert found.reason == "REACHABLE"
    assert role in found.detail
    install(database)
    assert named(check(database), "our_functions").status == "pass"


@pytest.mark.parametrize(("schemas", "reason"), [("public, net", "EXPOSED_SCHEMA"), ("public", "")])
def test_what_postgrest_serves(database: Database, schemas: str, reason: str) -> None:
    with database.admin() as admin:
        admin.execute(f"alter role authenticator set pgrst.db_schemas = '{schemas}'")
    assert named(check(database), "api_schemas").reason == reason
