"""Flag, then environment, then .env; and what each bad value is told."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bunkd_db.credential import Credential
from bunkd_db.errors import BunkdError, ConfigurationError
from bunkd_db.settings import Settings, run
from bunkd_db.version import __version__

NOWHERE = Path("/dev/null")


def load(**environ: str) -> Settings:
    return Settings.load(environ, env_file=NOWHERE)


def column(name: str, **environ: str) -> object:
    return load(**environ).schedule.as_json()[name]


# Precedence


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a .env in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "DATABASE_URL=postgresql://file/d\nBUNKD_EVERY=5m\nexport BUNKD_MAX_IN_FLIGHT='7'\n"
        'BUNKD_CREDENTIAL="from#file"  # comment\nBUNKD_MODE=\nUNKNOWN=${HOME}\n'
    )
    return tmp_path


def test_any_setting_can_be_in_a_file(tmp_path: Path) -> None:
    def kept(text: str) -> str:
        path = tmp_path / text.partition(":")[0]
        path.write_text(f"{text}\n")
        return str(path)

    found = Settings.load(
        {
            "DATABASE_URL_FILE": kept("postgresql://u:p@h/d"),
            "SUPABASE_SERVICE_ROLE_KEY_FILE": kept("key"),
            "BUNKD_EVERY_FILE": kept("5m"),
        },
        env_file=NOWHERE,
    )
    assert found.database_url == "postgresql://u:p@h/d"
    assert found.credential == Credential("key")
    assert found.schedule.every == "5m"
    assert found.warnings == ()
    named = {"DATABASE_URL_FILE": str(tmp_path / "nofile")}
    with pytest.raises(ConfigurationError, match="cannot read DATABASE_URL_FILE: No such file"):
        Settings.load(named, env_file=NOWHERE)
    flag = Settings.load(named, database_url="postgresql://h/d", env_file=NOWHERE)
    assert flag.database_url == "postgresql://h/d"


def test_libpq_s_variables_are_libpq_s(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("DATABASE_URL=postgresql://h/d\n")
    assert Settings.load({"PGHOST": "h"}, env_file=NOWHERE).database_url is None
    assert Settings.load({"PGHOST": "x"}, env_file=file).database_url == "postgresql://h/d"


def test_a_file_of_sql_keeps_its_quotes(tmp_path: Path) -> None:
    (tmp_path / "where").write_text("'a' = kind or kind = 'b'\n")
    (tmp_path / "table").write_text('"jobs"."Q"\n')
    named = {
        "BUNKD_QUEUE_WHERE_FILE": str(tmp_path / "where"),
        "BUNKD_QUEUE_TABLE_FILE": str(tmp_path / "table"),
    }
    found = Settings.load(named, env_file=NOWHERE).schedule
    assert found.queue_where == "'a' = kind or kind = 'b'"
    assert found.queue_table == '"jobs"."Q"'


@pytest.mark.usefixtures("folder")
def test_nothing_is_read_for_a_file_of_another_database(folder: Path) -> None:
    (folder / ".env").write_text(
        "DATABASE_URL=postgresql://other/d\nBUNKD_CREDENTIAL_FILE=/run/secrets/none\n"
    )
    assert Settings.load({"DATABASE_URL": "postgresql://env/d"}).credential is None


@pytest.mark.usefixtures("folder")
def test_the_file_of_the_current_folder_is_read() -> None:
    found = Settings.load({})
    assert found.database_url == "postgresql://file/d"
    assert found.schedule.as_json() == {"every": "5m", "max_in_flight": 7}
    assert found.credential is not None
    assert found.credential.reveal() == "from#file"
    assert found.mode is None


@pytest.mark.usefixtures("folder")
def test_the_environment_wins_over_the_file() -> None:
    found = Settings.load({"BUNKD_EVERY": "1m", "DATABASE_URL": " postgresql://file/d"})
    assert found.schedule.as_json() == {"every": "1m", "max_in_flight": 7}
    assert Settings.load({"BUNKD_EVERY": "  "}).schedule.every is None, "empty hides the file's"


@pytest.mark.parametrize("flag", [True, False])
def test_the_file_of_another_database_is_left_alone(folder: Path, flag: bool) -> None:
    """Its url and credential are production's, say, and this is a test's database."""
    other = "postgresql://other/d"
    environ = {} if flag else {"DATABASE_URL": other}
    found = Settings.load(environ, database_url=other if flag else None)
    assert (found.database_url, found.credential, found.schedule.as_json()) == (other, None, {})
    [warning] = found.warnings
    assert warning == ".env is not read: it names another database. To read it: --env-file .env"
    named = Settings.load(environ, database_url=other if flag else None, env_file=folder / ".env")
    assert (named.database_url, named.schedule.every, named.warnings) == (other, "5m", ())


def test_a_file_that_names_no_database_is_read(folder: Path) -> None:
    """As .env.example before it is filled in."""
    (folder / ".env").write_text(
        "DATABASE_URL=\nBUNKD_EVERY=5m\nBUNKD_WAKE=\nBUNKD_MODE=auto\nSUPABASE_URL=http://x\nA=b\n"
    )
    found = Settings.load({"DATABASE_URL": "postgresql://env/d", "BUNKD_MODE": "external"})
    assert (found.schedule.every, found.mode) == ("5m", "external")
    assert found.warnings == (
        "Read from .env, which names no database: BUNKD_EVERY, SUPABASE_URL.",
    )


@pytest.mark.usefixtures("folder")
def test_a_program_reads_no_file() -> None:
    assert Settings.load({}, read_env_file=False) == Settings()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"t\xff", "the file that BUNKD_CREDENTIAL_FILE names is not valid UTF-8"),
        (b"two\nlines", "the credential from BUNKD_CREDENTIAL_FILE has a line break"),
        (b"\n", "the file that BUNKD_CREDENTIAL_FILE names is empty"),
        (b'""', "the file that BUNKD_CREDENTIAL_FILE names is empty"),
    ],
)
def test_a_credential_s_file_is_named_as_it_is_set(
    tmp_path: Path, content: bytes, says: str
) -> None:
    kept = tmp_path / "credential"
    kept.write_bytes(content)
    env = {"BUNKD_CREDENTIAL_FILE": str(kept), "SUPABASE_SERVICE_ROLE_KEY": "another"}
    with pytest.raises(ConfigurationError, match=says):
        Settings.load(env, env_file=NOWHERE)


def test_a_mark_before_the_text_is_not_of_the_credential(tmp_path: Path) -> None:
    kept = tmp_path / "credential"
    kept.write_bytes(b"\xef\xbb\xbfa-token\r\n")
    found = Settings.load({"BUNKD_CREDENTIAL_FILE": str(kept)}, env_file=NOWHERE).credential
    assert found
    assert found.reveal() == "a-token"


def test_the_environment_s_credential_wins_whichever_its_name(tmp_path: Path) -> None:
    kept, file = tmp_path / "credential", tmp_path / "env"
    kept.write_text("from-its-file\n")
    file.write_text("BUNKD_CREDENTIAL=from-env-file\n")
    found = Settings.load({"BUNKD_CREDENTIAL_FILE": str(kept)}, env_file=file)
    assert found.credential == Credential("from-its-file")
    found = Settings.load({"BUNKD_CREDENTIAL_FILE": ""}, env_file=file)
    assert found.credential == Credential("from-env-file")
    file.write_text(f"BUNKD_CREDENTIAL_FILE={kept}\n")
    found = Settings.load({"BUNKD_CREDENTIAL": "from-the-environment"}, env_file=file)
    assert found.credential == Credential("from-the-environment")


@pytest.mark.usefixtures("folder")
def test_the_flag_wins_over_the_environment() -> None:
    environ = {"DATABASE_URL": "postgresql://env/d"}
    assert (
        Settings.load(environ, database_url="postgresql://flag/d").database_url
        == "postgresql://flag/d"
    )


def test_a_named_file_is_read_instead_of_the_folders(folder: Path) -> None:
    other = folder / "other"
    other.write_text("BUNKD_EVERY=10m\n")
    found = Settings.load({}, env_file=other)
    assert (found.schedule.as_json(), found.database_url) == ({"every": "10m"}, None)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"BUNKD_CREDENTIAL=\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot read"):
        Settings.load({}, env_file=file)


def test_a_folder_that_may_not_be_looked_into_has_no_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.stat", refuse)
    monkeypatch.setattr("pathlib.Path.stat", refuse)
    assert Settings.load({"BUNKD_EVERY": "1m"}).schedule.as_json() == {"every": "1m"}


# What is taken


@pytest.mark.parametrize("mark", ['"', "'"])
def test_quotes_that_docker_hands_on_are_taken_away(mark: str) -> None:
    """docker run --env-file takes none away; every other reader of such a file does."""

    def quoted(text: str) -> str:
        return f"{mark}{text}{mark}"

    found = load(
        DATABASE_URL=quoted("postgresql://u@h/d"),
        SUPABASE_URL=quoted("https://p.supabase.co"),
        BUNKD_CREDENTIAL=quoted("a-token"),
        BUNKD_EVERY=quoted("1m"),
        BUNKD_BODY=quoted('{"limit": 3}'),
        BUNKD_STATUS_WAITING=quoted("queued,retry"),
        BUNKD_MODE=quoted(""),
        BUNKD_READER_ROLE=quoted("reader"),
    )
    assert found.database_url == "postgresql://u@h/d"
    assert found.credential is not None
    assert found.credential.reveal() == "a-token"
    assert found.mode is None
    assert found.reader_role == "reader"
    assert found.schedule.as_json() == {
        "url": "https://p.supabase.co/functions/v1/run_job",
        "every": "1m",
        "body": {"limit": 3},
        "status_waiting": ["queued", "retry"],
    }
    flag = Settings.load({}, database_url=quoted("postgresql://u@h/d"), env_file=NOWHERE)
    assert flag.database_url == "postgresql://u@h/d"


@pytest.mark.parametrize("value", ['"', '"half', "half'", "\"mixed'", "in'side", '""twice""'])
def test_quotes_that_are_no_pair_stay(value: str) -> None:
    found = load(BUNKD_CREDENTIAL=value).credential
    assert found is not None
    assert found.reveal() == ('"twice"' if "twice" in value else value)


def test_quotes_stay_where_they_are_sql() -> None:
    where = "'a' = 'a'"
    found = load(BUNKD_QUEUE_TABLE='"My Queue"', BUNKD_QUEUE_WHERE=where).schedule.as_json()
    assert found == {"queue_table": 'public."My Queue"', "queue_where": where}


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://p.supabase.co", "https://p.supabase.co/functions/v1/run_job"),
        ("https://p.supabase.co/", "https://p.supabase.co/functions/v1/run_job"),
        (" http://127.0.0.1:54321 ", "http://127.0.0.1:54321/functions/v1/run_job"),
        ("HTTPS://P.example", "https://P.example/functions/v1/run_job"),
        ("http://[::1]:54321", "http://[::1]:54321/functions/v1/run_job"),
    ],
)
def test_the_function_of_a_project(url: str, called: str) -> None:
    assert column("url", SUPABASE_URL=url) == called
    assert (
        column("url", SUPABASE_URL=url, BUNKD_CALL_URL="https://x.example/y?z=1")
        == "https://x.example/y?z=1"
    )


def test_a_dedicated_credential_wins_over_the_service_role_key() -> None:
    found = load(BUNKD_CREDENTIAL="mine", SUPABASE_SERVICE_ROLE_KEY="theirs").credential
    assert found is not None
    assert found.reveal() == "mine"
    other = load(SUPABASE_SERVICE_ROLE_KEY="theirs").credential
    assert other is not None
    assert other.reveal() == "theirs"


@pytest.mark.parametrize(
    ("variable", "name", "text", "value"),
    [
        ("BUNKD_EVERY", "every", "60s", "1m"),
        ("BUNKD_MAX_IN_FLIGHT", "max_in_flight", " 12 ", 12),
        ("BUNKD_CALL_TIMEOUT", "timeout_ms", "35s", 35000),
        ("BUNKD_CALL_TIMEOUT", "timeout_ms", "100ms", 100),
        ("BUNKD_CALL_TIMEOUT", "timeout_ms", "10m", 600000),
        ("BUNKD_QUEUE_TABLE", "queue_table", "tasks", "public.tasks"),
        ("BUNKD_QUEUE_TABLE", "queue_table", "jobs.tasks", "jobs.tasks"),
        ("BUNKD_QUEUE_TABLE", "queue_table", 'jobs."My Queue; --"', 'jobs."My Queue; --"'),
        ("BUNKD_QUEUE_TABLE", "queue_table", '"a.b"', 'public."a.b"'),
        ("BUNKD_STATUS_WAITING", "status_waiting", " queued, retry ,queued", ["queued", "retry"]),
        ("BUNKD_STATUS_COLUMN", "status_column", "State of it", "State of it"),
        ("BUNKD_BODY", "body", '{"limit": 3}', {"limit": 3}),
        ("BUNKD_HEADERS", "headers", '{"X-A": "b c"}', {"X-A": "b c"}),
        ("BUNKD_CREDENTIAL_HEADER", "credential_header", "X-Key", "X-Key"),
        ("BUNKD_ON_TIMEOUT", "on_timeout", "detach", "detach"),
        ("BUNKD_WAKE", "wake", "off", False),
        ("BUNKD_ON_RESTORE", "on_restore", "probe", "probe"),
        ("BUNKD_TRANSPORT", "transport", "http", "http"),
        ("BUNKD_QUEUE_OWNER", "queue_owner", "The App", "The App"),
        ("BUNKD_WAKE", "wake", "on", True),
    ],
)
def test_taken(variable: str, name: str, text: str, value: object) -> None:
    assert column(name, **{variable: text}) == value


@pytest.mark.parametrize("mode", ["auto", "native", "external", "Native", " external "])
def test_the_modes(mode: str) -> None:
    assert load(BUNKD_MODE=mode).mode == mode.strip().lower()


def test_what_is_not_set_is_not_asked_for() -> None:
    assert load().as_json() == {
        "schedule": "process-analysis-jobs",
        "by": None,
        "mode": None,
        "reader_role": None,
        "worker_role": None,
        "credential_given": False,
        "set": {},
        "version": __version__,
        "named": False,
    }


# One schedule of several


def test_the_variables_are_about_the_schedule_that_is_named() -> None:
    found = load(BUNKD_SCHEDULE=" reports ", BUNKD_EVERY="5m")
    assert found.schedule_name == "reports"
    assert found.as_json() | {"version": ""} == {
        "schedule": "reports",
        "by": "name",
        "mode": None,
        "reader_role": None,
        "worker_role": None,
        "credential_given": False,
        "set": {"every": "5m"},
        "version": "",
        "named": True,
    }
    flag = Settings.load({"BUNKD_SCHEDULE": "reports"}, env_file=NOWHERE, schedule="mails")
    assert flag.schedule_name == "mails"
    assert load(BUNKD_SCHEDULE="").schedule_name == "process-analysis-jobs"
    assert load(BUNKD_SCHEDULE="reports").warnings == ()


@pytest.mark.parametrize("name", ["Reports", "a b", "a:1", "-a", "a" * 41, "é"])
def test_a_name_that_no_schedule_can_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="BUNKD_SCHEDULE is "):
        load(BUNKD_SCHEDULE=name)
    with pytest.raises(ConfigurationError, match="--schedule is "):
        Settings.load({}, env_file=NOWHERE, schedule=name)


# Names


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("BUNKD_EVRY", "BUNKD_EVERY"),
        ("BUNKD_MAX_INFLIGHT", "BUNKD_MAX_IN_FLIGHT"),
        ("BUNKD_CREDENTIALS", "BUNKD_CREDENTIAL"),
        ("BUNKD_CALL_TIME", "BUNKD_CALL_TIMEOUT"),
        ("BUNKD_\x1b[2J", None),
        ("BUNKD_SOMETHING_ELSE_ALTOGETHER", None),
    ],
)
def test_a_name_that_nobody_reads_is_said_with_the_nearest(name: str, nearest: str | None) -> None:
    [warning] = load(**{name: "hunter2"}).warnings
    assert warning.isprintable()
    assert "hunter2" not in warning
    assert ("Did you mean" in warning) is (nearest is not None)
    if nearest:
        assert warning == f"{name} is not a setting and is ignored. Did you mean {nearest}?"


def test_the_file_s_names_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("BUNKD_EVRY=5m\nOTHER=1\n")
    [warning] = Settings.load({}, env_file=tmp_path / "env").warnings
    assert "BUNKD_EVERY" in warning


def test_names_that_somebody_reads_are_not_said() -> None:
    """Those of the product, of its tests and of its Compose file."""
    folder = Path(run.__file__).parents[2]
    pages = [*folder.glob("bunkd_db/**/*.py"), *folder.glob("tests/support/*.py")]
    pages += [folder / "docker-compose.yml", folder / ".env.example", folder / "docs/settings.md"]
    text = "".join(page.read_text() for page in pages)
    known = set(re.findall(r"\bBUNKD_[A-Z_]*[A-Z]\b", text)) - {"BUNKD_EVRY"}
    assert len(known) >= 30
    assert load(**dict.fromkeys(known, "")).warnings == ()


# What is refused

JWT = "eyJhbGciOiJIUzI1NiJ9"
BAD = [
    *(("BUNKD_EVERY", text) for text in ("30", "0s", "90s", "7m", "*/30 * * * * *", "-1s", "soon")),
    *(
        (variable, text)
        for variable in ("BUNKD_CALL_URL", "SUPABASE_URL")
        for text in (
            "ftp://x.example",
            "x.example",
            "//x.example/run_job",
            "https://",
            "https:///run_job",
            "https://user@x.example/",
            "https://user:pass@x.example/",
            "https://@x.example/",
            "https://x.example:0/",
            "https://x.example:99999/",
            "https://x.example:port/",
            "https://[::1/",
            "https://x.example/a b",
            "https://x.example/#part",
            "https://x.example/\nX: y",
            "https://exämple.de/",
            "javascript:alert(1)",
            "https://x.example\\@y.example/",
        )
    ),
    *(
        (variable, text)
        for variable in ("BUNKD_MAX_IN_FLIGHT", "BUNKD_JOBS_PER_CALL")
        for text in ("0", "-1", "1001", "1.5", "five", "1e2", "\u0663", "99999999999")
    ),
    *(("BUNKD_CALL_TIMEOUT", text) for text in ("35", "0s", "99ms", "11m", "-1s", "1h", "s")),
    *(("BUNKD_MODE", text) for text in ("on", "nativ", "auto,native")),
    *(("BUNKD_ON_TIMEOUT", text) for text in ("drop", "true")),
    *(("BUNKD_TRANSPORT", text) for text in ("http,pg_net", "pgnet", "HTTP")),
    *(("BUNKD_ON_RESTORE", text) for text in ("on", "Hold", "hold,go")),
    *(("BUNKD_QUEUE_OWNER", text) for text in ("a" * 64, "ü" * 32)),
    *(("BUNKD_WAKE", text) for text in ("perhaps", "2")),
    *(("BUNKD_RESCUE_AFTER", text) for text in ("10", "-1m", "never ever")),
    *(("BUNKD_QUEUE_TABLE", text) for text in ("a.b.c", "a b", "a;b", 'a."b', '""', "1a", "a.", ".a", 'a"b"', "a" * 64)),
    *(("BUNKD_QUEUE_WHERE", text) for text in ("a; drop table b", "a -- b", "a /* b */")),
    *(("BUNKD_STATUS_WAITING", text) for text in (",", "a,,b", "a" * 64, ",".join("abcdefghijklmnopqrstuvwxyz"))),
    *(("BUNKD_STATUS_COLUMN", text) for text in ("a" * 64, "ü" * 32)),
    *(("BUNKD_BODY", text) for text in ("{", "[1]", '"a"', "null", "1")),
    *(
        ("BUNKD_HEADERS", text)
        for text in (
            "{",
            "[]",
            '{"a b": "c"}',
            '{"A": 1}',
            '{"A": "b\\nC: d"}',
            '{"A": "ü"}',
            '{"": "a"}',
            '{"Authorization": "Bearer x"}',
            '{"APIKEY": "x"}',
            '{"Content-Type": "text/plain"}',
            '{"Host": "x"}',
            '{"X-Bunkd-Call": "1"}',
        )
    ),
    *(("BUNKD_CREDENTIAL_HEADER", text) for text in ("a b", "a:b", "Host", "Content-Type", "X-Bunkd-Call", "ü")),
    *(
        (variable, text)
        for variable in ("BUNKD_CREDENTIAL", "SUPABASE_SERVICE_ROLE_KEY")
        for text in (f"Bearer {JWT}", f"{JWT}\nX: y", f"{JWT} ", f"{JWT}ü", JWT * 999)
    ),
]  # fmt: skip


@pytest.mark.parametrize(("variable", "text"), BAD)
def test_refused(variable: str, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(**{variable: text})
    message = caught.value.args[0]
    assert variable in message
    assert "\n" not in message
    assert caught.value.exit_code == 2
    assert JWT not in str(caught.value)
    assert "user:pass" not in str(caught.value)


@example("BUNKD_QUEUE_OWNER", "\ud800")
@example("BUNKD_QUEUE_TABLE", "\udcff")
@given(
    st.sampled_from(sorted({variable for variable, _ in BAD})),
    st.text(alphabet=st.characters(exclude_characters="\0"), max_size=60),
)
def test_no_text_at_all_raises_anything_else(variable: str, text: str) -> None:
    try:
        load(**{variable: text})
    except BunkdError as error:
        assert variable in error.args[0]  # noqa: PT017 -- most texts are taken or refused, both are fine


def test_the_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(load(DATABASE_URL="postgresql://u:hunter2@h/d"))
