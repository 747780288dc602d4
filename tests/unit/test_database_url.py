"""Only libpq reads the URL; what it would read differently than it was meant is refused."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from bunkd_db.database import connect, parse_url
from bunkd_db.database.url import foreign_parameters
from bunkd_db.database.words import unreachable
from bunkd_db.errors import ConfigurationError, DatabaseUnavailable


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://u:p@h:6543/d",
            {"user": "u", "password": "p", "host": "h", "port": "6543", "dbname": "d"},
        ),
        ("postgres://u@h/d", {"user": "u", "host": "h", "dbname": "d"}),
        ("  postgresql://u@h/d\n", {"user": "u", "host": "h", "dbname": "d"}),
        ("postgresql:///d", {"dbname": "d"}),
        ("postgresql://h", {"host": "h"}),
        (
            "postgresql://u@h1:1,h2:2/d?target_session_attrs=read-write",
            {"host": "h1,h2", "port": "1,2"},
        ),
        ("postgresql://u@[::1]:5432/d", {"host": "::1"}),
        (
            "postgresql://u@h/d?sslmode=require&connect_timeout=3",
            {"sslmode": "require", "connect_timeout": "3"},
        ),
        ("postgresql://u@%2Ftmp/d", {"host": "/tmp"}),
        (
            "postgresql://postgres.ref:p@aws-0.pooler.supabase.com:6543/postgres",
            {"user": "postgres.ref"},
        ),
        ("postgresql://u@h/with%40at", {"dbname": "with@at"}),
        ("postgresql://u:p?q#r[s]&t=1@h/d", {"password": "p?q#r[s]&t=1", "host": "h"}),
        ("postgresql:///?service=prod", {"service": "prod"}),
        ("service=prod", {"service": "prod"}),
        (
            "host=h port = 6543 dbname=d user=u password='a b@:/'",
            {"host": "h", "port": "6543", "dbname": "d", "user": "u", "password": "a b@:/"},
        ),
        ("postgresql://u:your_password@h/d", {"password": "your_password"}),
        ("host=h password=a://b", {"password": "a://b"}),
    ],
)
def test_taken(url: str, expected: dict[str, str]) -> None:
    found = parse_url(url)
    assert {key: found[key] for key in expected} == expected


def test_what_libpq_s_variables_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PGHOST", "h"), ("PGPORT", "6543"), ("PGDATABASE", "d"), ("PGUSER", "u")):
        monkeypatch.setenv(name, value)
    expected = {"host": "h", "port": "6543", "dbname": "d", "user": "u"}
    found = parse_url("postgresql://")
    assert {key: found[key] for key in expected} == expected
    assert parse_url("postgresql://other/x")["host"] == "other"
    assert parse_url(None)["host"] == "h"
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "3")
    assert "connect_timeout" not in parse_url("postgresql://")
    for url in ("service=prod", "postgresql:///?service=prod"):
        with pytest.raises(ConfigurationError, match="service prod and PGHOST are both set"):
            parse_url(url)


def test_what_a_service_names_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "services").write_text("[prod]\nhost=127.0.0.1\nport=9\ndbname=x\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    with pytest.raises(DatabaseUnavailable, match=r"connect to service prod: .*refused"):
        connect("service=prod")
    monkeypatch.setenv("PGSERVICE", "prod")
    monkeypatch.setenv("PGDATABASE", "dev")
    found = parse_url(None)
    assert (found["service"], found.get("dbname")) == ("prod", None)


@pytest.mark.parametrize("password", ["[YOUR-PASSWORD]", "<password>", "{db_password}", "***"])
def test_a_password_that_was_never_put_in(password: str) -> None:
    with pytest.raises(ConfigurationError, match=r"a placeholder|as SQLAlchemy prints"):
        parse_url(f"postgresql://postgres:{password}@db.abc.supabase.co:5432/postgres")


def test_a_service_is_named_where_it_does_not_answer() -> None:
    error = psycopg.OperationalError('connection failed: definition of service "x" not found')
    said = str(unreachable(error, {"service": "x"}))
    assert "cannot connect to service x" in said


def test_what_is_added() -> None:
    found = parse_url("postgresql://h/d")
    assert (found["connect_timeout"], found["application_name"]) == ("10", "bunkd-db")


@pytest.mark.parametrize(
    "scheme",
    [
        "postgresql+psycopg2",
        "postgresql+asyncpg",
        "postgresql+psycopg",
        "postgresql+psycopg_async",
        "postgresql+pg8000",
        "postgresql+None",
        "postgres+psycopg",
        "PostgreSQL",
    ],
)
def test_the_driver_that_sqlalchemy_names_is_left_out(scheme: str) -> None:
    found = parse_url(f"{scheme}://u:p@h/d?sslmode=require")
    assert (
        found.items() >= {"user": "u", "password": "p", "host": "h", "sslmode": "require"}.items()
    )


@pytest.mark.parametrize(
    ("query", "left_out"),
    [
        ("pgbouncer=true", ["pgbouncer"]),
        ("pgbouncer=true&connection_limit=1&pool_timeout=0", ["pgbouncer", "connection_limit", "pool_timeout"]),
        ("sslmode=require&supa=base-pooler.x", ["supa"]),
        ("workaround=supabase-pooler.vercel", ["workaround"]),
        ("schema=public&socket_timeout=10&sslaccept=strict", ["schema", "socket_timeout", "sslaccept"]),
        ("prepared_statement_cache_size=0&statement_cache_size=0", ["prepared_statement_cache_size", "statement_cache_size"]),
        ("prepareThreshold=0&currentSchema=public", ["prepareThreshold", "currentSchema"]),
        ("pool_mode=transaction", ["pool_mode"]),
        ("sslmode=require", []),
        ("", []),
    ],
)  # fmt: skip
def test_what_other_tools_read_is_left_out(query: str, left_out: list[str]) -> None:
    url = f"postgresql://u:p?q@h1:1,[::1]:2/d?{query}"
    found = parse_url(url)
    assert (found["password"], found["host"], found["dbname"]) == ("p?q", "h1,::1", "d")
    assert ("sslmode" in found) == ("sslmode" in query)
    assert foreign_parameters(url) == left_out
    assert not set(left_out) & set(found)


@pytest.mark.parametrize("mode", ["require", "disable", "verify-full"])
def test_asyncpgs_spelling_of_sslmode(mode: str) -> None:
    assert parse_url(f"postgresql+asyncpg://u@h/d?ssl={mode}")["sslmode"] == mode


@pytest.mark.parametrize("query", ["", "?client_encoding=SQL_ASCII", "?client_encoding=auto"])
def test_text_always_comes_as_text(query: str) -> None:
    assert parse_url(f"postgresql://h/d{query}")["client_encoding"] == "UTF8"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (None, "no database is named"),
        ("", "no database is named"),
        (" \n", "no database is named"),
        ("postgres", "does not start with postgresql://"),
        ("http://h/d", "does not start with postgresql://"),
        ("mysql://h/d", "does not start with postgresql://"),
        ("host=h dbname=d password='hunter2", "keywords and values, but cannot be read"),
        ("host=h nonsense=hunter2", "keywords and values, but cannot be read"),
        ("user=u password=hunter2", "names neither a host nor a database"),
        ("postgresql+://u:hunter2@h/d", "does not start with postgresql://"),
        ("mysql+asyncmy://u:hunter2@h/d", "does not start with postgresql://"),
        ("postgresql://", "names neither a host nor a database"),
        ("postgresql://u:hunter2@", "names neither a host nor a database"),
        ("postgresql://u:hunter2@h:notaport/d", "a port that is not a number"),
        ("postgresql://u:hunter2@h:99999/d", "a port"),
        ("postgresql://u:hunter2@h:0/d", "a port"),
        ("postgresql://u:hun@ter2@h/d", "more than one @"),
        ("postgresql://u:hun/ter2@h/d", "percent-encoded"),
        ("postgresql://u:12/ter2@h/d", "percent-encoded"),
        ("postgresql://u:hunter2%@h/d", "cannot be read"),
        ("postgresql://u:hunter2%zz@h/d", "cannot be read"),
        ("postgresql://u:hunter2%00@h/d", "cannot be read"),
        ("postgresql://u:hun ter2@h/d", "cannot be read"),
        ("postgresql://u:hunter2@[::1/d", "cannot be read"),
        ("postgresql://u:hunter2@h/d?nonsense=1", "libpq does not know: nonsense"),
        ("postgresql://h/d?nonsense=1", "libpq does not know: nonsense"),
        ("postgresql://u:hunter2@h1:1,h2:2/d?sslmode=require&pgbouncer2=1", "Leave pgbouncer2 out"),
        ("postgresql://u:hunter2@h/d?pgbouncer=true&non%73ense=1", "libpq does not know: nonsense"),
        ("postgresql://u:hunter2@h/d?ssl=hunter2", "libpq does not know: ssl"),
        ("postgresql://u:hun/x?ter2=1@h/d", "percent-encoded"),
        ("postgresql://u:hun@ter2?pgbouncer=1@h/d", "percent-encoded"),
        ("postgresql://u:hunter2?ter2=1", "percent-encoded"),
        ("postgresql://u:hunter2@h/d?password", "cannot be read"),
        ("postgresql://u:hunter2\udcff@h/d", "cannot be read"),
    ],
)
def test_refused(url: str | None, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url(url)
    assert says in str(caught.value)
    assert "postgresql://USER:PASSWORD@HOST" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2
    for part in ("hunter2", "ter2", "hun"):
        assert part not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("sslmode=nonsense", "Use one of disable,"),
        ("sslmode=no-verify", "Use one of disable,"),
        ("connect_timeout=soon", "a parameter that cannot be used"),
        ("channel_binding=x", "channel_binding"),
        ("target_session_attrs=x", "target_session_attrs"),
    ],
)
def test_a_parameter_that_cannot_be_used(query: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(f"postgresql://u:hunter2@127.0.0.1:1/d?{query}")
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("server does not support SSL, but SSL was required", "sslmode out of"),
        ('root certificate file "/root/.postgresql/root.crt" does not exist', "sslrootcert"),
        ("SSL error: certificate verify failed", "sslrootcert"),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "u", database "d", no encryption', "sslmode=require"),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "u", database "d", SSL encryption', "pg_hba.conf"),
        ('FATAL:  database "d" does not exist', "name of the database"),
        ('FATAL:  password authentication failed for user "u"', "user and password"),
    ],
)  # fmt: skip
def test_what_to_do_about_it(reason: str, remedy: str) -> None:
    error = psycopg.OperationalError(f'connection to server at "::1", port 5432 failed: {reason}')
    said = unreachable(error, parse_url("postgresql://u:hunter2@h/d?sslmode=require"))
    assert said.exit_code == 3
    assert remedy in said.remedy


def test_every_host_is_named_with_its_port() -> None:
    with pytest.raises(DatabaseUnavailable, match=r"to 127\.0\.0\.1:9, 127\.0\.0\.2:8: "):
        connect("postgresql://u@127.0.0.1:9,127.0.0.2:8/d")


def answering(message: str) -> Iterator[int]:
    """A server that turns everybody away with these words; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.recv(8)
                        client.sendall(b"N")  # no TLS
                        client.recv(4096)
                        fields = f"SFATAL\0VFATAL\0CXX000\0M{message}\0\0".encode()
                        client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

        Thread(target=answer, daemon=True).start()
        yield listener.getsockname()[1]


def test_a_pooler_that_knows_no_such_user() -> None:
    for port in answering("Tenant or user not found"):
        with pytest.raises(DatabaseUnavailable) as caught:
            connect(
                f"postgresql://postgres:hunter2@aws-0-eu.pooler.supabase.com:{port}/postgres"
                "?hostaddr=127.0.0.1"
            )
        assert "postgres.PROJECTREF" in caught.value.remedy
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@127.0.0.1:1/d",
        "postgresql://u:hunter2@nowhere.invalid/d",
        "postgresql://u:hunter2@127.0.0.1:1,127.0.0.1:2/d",
        "postgresql://u:hunter2@%2Fnowhere/d",
    ],
)
def test_nobody_there(url: str) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        connect(url)
    assert caught.value.exit_code == 3
    first, second = str(caught.value).splitlines()
    assert first.startswith("cannot connect to ")
    assert second
    assert "hunter2" not in str(caught.value)


@given(
    st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
)
def test_a_password_with_any_characters_comes_through_when_it_is_encoded(password: str) -> None:
    found = parse_url(f"postgresql://u:{quote(password, safe='')}@h/d")
    assert found["password"] == password
    assert make_conninfo("", **found)


@given(st.text(alphabet=st.characters(exclude_characters="\0")))
def test_no_text_at_all_raises_anything_else(text: str) -> None:
    for url in (
        text,
        f"postgresql://{text}",
        f"postgresql://u:{text}@h/d",
        f"postgresql://h/{text}",
    ):
        try:
            parse_url(url)
        except ConfigurationError as error:
            assert len(str(error).splitlines()) <= 2  # noqa: PT017
