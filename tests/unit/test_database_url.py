"""Only libpq reads the URL; what it would read differently than it was meant is refused."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from bunkd_db.database import connect, parse_url
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
    ],
)
def test_taken(url: str, expected: dict[str, str]) -> None:
    found = parse_url(url)
    assert {key: found[key] for key in expected} == expected


def test_what_is_added() -> None:
    found = parse_url("postgresql://h/d")
    assert (found["connect_timeout"], found["application_name"]) == ("10", "bunkd-db")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (None, "no database is named"),
        ("", "no database is named"),
        (" \n", "no database is named"),
        ("postgres", "does not start with postgresql://"),
        ("http://h/d", "does not start with postgresql://"),
        ("mysql://h/d", "does not start with postgresql://"),
        ("host=h dbname=d password=hunter2", "does not start with postgresql://"),
        ("postgresql+asyncpg://u:hunter2@h/d", "drop the +driver"),
        ("postgresql+psycopg://u:hunter2@h/d", "drop the +driver"),
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
        ("postgresql://u:hunter2@h/d?nonsense=1", "cannot be read"),
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


@pytest.mark.parametrize("query", ["sslmode=nonsense", "connect_timeout=soon", "channel_binding=x"])
def test_a_parameter_that_cannot_be_used(query: str) -> None:
    with pytest.raises((ConfigurationError, DatabaseUnavailable)) as caught:
        connect(f"postgresql://u:hunter2@127.0.0.1:1/d?{query}")
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


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
