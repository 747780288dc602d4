"""`bunkd.toml`: what it can declare, and every error at once, with its line."""

import json
import os
import tomllib
from dataclasses import fields
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from bunkd_db.errors import ConfigurationError
from bunkd_db.settings import ScheduleSettings, Settings
from bunkd_db.settings.declared import find, key, schema
from bunkd_db.settings.schedule import variables
from tests.support.command import ROOT

WHOLE = """
# two schedules
[schedule.process-analysis-jobs]
every = "1m"

[schedule.reports]
call_url = "${PROJECT_URL}/functions/v1/make_report"
queue_table = "app.reports"
max_in_flight = 2
jobs_per_call = "3"
call_timeout = "2m"
on_timeout = "detach"
rescue_after = "0"
transport = "pg_net"
wake = false
on_restore = "go"
queue_owner = "app"
queue_where = "a < 5"
status_column = "state"
status_waiting = [
  "new",
  "again",
]
status_active = "busy"
status_done = ["done"]
status_failed = ["failed"]
credential_header = "X-Key"
body = { limit = 3, kind = "$${PROJECT_URL}" }

[schedule.reports.headers]
X-Team = "${TEAM}"
"""
GIVEN = {"PROJECT_URL": "https://p.example", "TEAM": "a"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(folder: Path, text: str, **values: str) -> list[str]:
    (folder / "bunkd.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        find(values)
    return [line.strip() for line in str(caught.value).splitlines()]


def test_every_setting_can_be_declared(folder: Path) -> None:
    (folder / "bunkd.toml").write_text(WHOLE)
    found = find(GIVEN)
    assert found is not None
    assert found.file == "bunkd.toml"
    assert found.schedules["process-analysis-jobs"] == ScheduleSettings(every="1m")
    assert found.schedules["reports"].as_json() == {
        "url": "https://p.example/functions/v1/make_report",
        "headers": {"X-Team": "a"},
        "body": {"limit": 3, "kind": "${PROJECT_URL}"},
        "credential_header": "X-Key",
        "max_in_flight": 2,
        "jobs_per_call": 3,
        "timeout_ms": 120_000,
        "on_timeout": "detach",
        "rescue_after": "0 s",
        "transport": "pg_net",
        "wake": False,
        "on_restore": "go",
        "queue_table": "app.reports",
        "queue_owner": "app",
        "queue_where": "a < 5",
        "status_column": "state",
        "status_waiting": ["new", "again"],
        "status_active": ["busy"],
        "status_done": ["done"],
        "status_failed": ["failed"],
    }
    named = {name for each in tomllib.loads(WHOLE)["schedule"].values() for name in each}
    assert named == {key(variable) for variable in variables().values()}


def test_all_errors_are_said_at_once_with_their_lines(folder: Path) -> None:
    text = """[schedule.reports]
evry = "5m"
every = "7x"
max_in_flight = true
wake = "perhaps"
credential = "hunter2"
alert_webhook = "https://hooks.example/hunter2"
status_waiting = [
  "a,b",
]
call_url = "${NOWHERE}/x"
headers = { Authorization = "hunter2" }
body = { a = 1979-05-27 }
queue_where = "a = '${BUNKD_CREDENTIAL}'"
[schedule."My Mails"]
[other]
"""
    lines = refusal(folder, text, BUNKD_CREDENTIAL="hunter2")
    assert lines[0] == "bunkd.toml has 13 errors; nothing was changed:"
    assert [line.partition(": ")[0] for line in lines[1:]] == [
        f"bunkd.toml:{n}" for n in (2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16)
    ]
    assert lines[1] == "bunkd.toml:2: 'evry' is not a setting. Did you mean every?"
    assert lines[3].endswith("max_in_flight must be a number or a string")
    assert lines[5].endswith("Run: bunkd-db credential set --schedule reports")
    assert lines[6].endswith("Run: bunkd-db alert set --schedule reports")
    assert "${NOWHERE}, which is not set" in lines[8]
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[schedule.a]\nevery = 5m", "bunkd.toml:2: "),
        ("[schedule.a]\n[schedule.a]", "bunkd.toml:2: "),
        ("", "bunkd.toml:1: it declares no [schedule.NAME]"),
        ("schedule = 1", "bunkd.toml:1: it declares no [schedule.NAME]"),
        (
            "[schedule]\na = 1",
            "bunkd.toml:2: schedule.a is no table: write [schedule.NAME], once for each",
        ),
        ('[schedule.a]\ncall_url = "${X"', "bunkd.toml:2: call_url has ${ without"),
        ("[[schedule.a]]", "bunkd.toml:1: schedule.a is no table: write [schedule.NAME]"),
        ('[schedule." a "]', "bunkd.toml:1: the schedule's name is ' a ', with blanks"),
        ("[schedule.a]\nbody = { x = nan }", "bunkd.toml:2: body has a value that JSON cannot"),
        ("[schedule.a]\nbody = { x = 1e400 }", "bunkd.toml:2: body has a value that JSON cannot"),
        ('[schedule.a]\nbody = { x = "\\u0000" }', "bunkd.toml:2: body has a character that"),
        ("a = " + "9" * 5000, "bunkd.toml:1: a value is too long or too deep"),
        ("a = " + "[" * 3000 + "]" * 3000, "bunkd.toml:1: a value is too long or too deep"),
    ],
)
def test_one_error_is_one_line(folder: Path, text: str, error: str) -> None:
    [line] = refusal(folder, text)
    assert line.startswith(error)


@pytest.mark.parametrize(
    "name", ["BUNKD_CREDENTIAL", "PGPASSWORD", "SUPABASE_JWT_SECRET", "API_KEY", "GITHUB_TOKEN"]
)
def test_what_is_a_secret_by_its_name_is_not_filled_in(folder: Path, name: str) -> None:
    text = f'[schedule.a]\nqueue_where = "${{{name}}}"'
    [line] = refusal(folder, text, **{name: "hunter2"})
    assert f"takes ${{{name}}}, a secret" in line
    assert "hunter2" not in line


def test_what_was_filled_in_is_not_shown(folder: Path) -> None:
    [line] = refusal(folder, '[schedule.a]\nevery = "${PACE}"', PACE="hunter2")
    assert line.startswith("bunkd.toml:2: every cannot have what its ${…} gives.")
    assert "hunter2" not in line


def test_a_stroke_at_the_end_of_a_url_is_no_second_one(folder: Path) -> None:
    (folder / "bunkd.toml").write_text('\ufeff[schedule.a]\ncall_url = "${P}/functions/v1/x"')
    found = find({"P": "https://p.example/"})
    assert found is not None
    assert found.schedules["a"].url == "https://p.example/functions/v1/x"


@pytest.mark.parametrize("text", ['tool = "bunkd"', "[tool]\nbunkd = 5", "[[tool.bunkd]]"])
def test_a_section_that_is_none(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"pyproject\.toml:\d: tool(\.bunkd)? is no table"):
        find({})


def test_lines_are_of_its_own_section(folder: Path) -> None:
    text = "[tool.bunkd.schedule.a]\nevery = 'x'\n[tool.other.schedule.a]\nevery = 'x'"
    (folder / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"^pyproject\.toml:2: every"):
        find({})


def test_another_projects_broken_file_is_nothing_of_ours(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("# a tool bunkd = ?\n[tool.x]\na = [")
    assert find({}) is None


def test_what_is_no_file_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(ConfigurationError, match="pipe is not a file"):
        find({"BUNKD_CONFIG": str(folder / "pipe")})
    (folder / "bunkd.toml").symlink_to(folder / "gone")
    with pytest.raises(ConfigurationError, match=r"cannot read bunkd\.toml"):
        find({})


def test_a_line_within_a_text_is_no_key(folder: Path) -> None:
    text = '[schedule.a]\nqueue_where = """\nevery = 1\n"""\nevery = "7x"\r\n'
    [line] = refusal(folder, text)
    assert line.startswith("bunkd.toml:5: every")


def test_where_the_file_is(folder: Path) -> None:
    assert find({}) is None
    project = folder / "pyproject.toml"
    project.write_text("[project]\nname = 'x'\n[tool.ruff]\n")
    assert find({}) is None
    project.write_text("[project]\nname = 'x'\n[tool.bunkd.schedule.a]\nevery = '7x'\n")
    with pytest.raises(ConfigurationError, match=r"^pyproject.toml:4: every"):
        find({})
    (folder / "bunkd.toml").write_text("[schedule.b]\n")
    found = find({})
    assert found is not None
    assert list(found.schedules) == ["b"]
    other = folder / "other.toml"
    other.write_text("[schedule.c]\n")
    named = find({"BUNKD_CONFIG": str(other)})
    assert named is not None
    assert list(named.schedules) == ["c"]
    with pytest.raises(ConfigurationError, match=r"cannot read nowhere.toml: No such file"):
        find({"BUNKD_CONFIG": "nowhere.toml"})
    project.write_text("[project]\n")
    with pytest.raises(ConfigurationError, match=r"has no \[tool.bunkd\]"):
        find({"BUNKD_CONFIG": "pyproject.toml"})


def test_only_who_asks_gets_it_and_variables_are_about_one(folder: Path) -> None:
    (folder / "bunkd.toml").write_text(WHOLE)
    assert Settings.load(GIVEN).declared is None
    given = Settings.load({**GIVEN, "BUNKD_EVERY": "5m"}, config=True)
    own = given.as_json()
    assert (own["schedule"], own["by"]) == ("process-analysis-jobs", "file")
    assert (own["set"], own["file_set"]) == ({"every": "5m"}, {"every": "1m"})
    assert own["declared"] == ["process-analysis-jobs", "reports"]
    [other] = given.others
    told = other.as_json(more=True)
    assert (told["schedule"], told["set"], told["more"]) == ("reports", {}, True)
    named = Settings.load(
        {**GIVEN, "SUPABASE_URL": "https://s.example"}, config=True, schedule="reports"
    )
    assert named.as_json()["set"] == {}, "the file's own url is not the project's"
    called = Settings.load({**GIVEN, "BUNKD_CALL_URL": "https://c.example"}, config=True)
    assert called.as_json()["set"] == {"url": "https://c.example"}


def test_the_published_schema_is_that_of_the_settings() -> None:
    published = json.loads((ROOT / "docs/bunkd.schema.json").read_text())
    assert published == schema(), "write it anew: see bunkd_db/settings/declared.py"
    jsonschema.Draft202012Validator.check_schema(published)
    keys = published["properties"]["schedule"]["additionalProperties"]["properties"]
    assert set(keys) == {key(str(each.metadata["variable"])) for each in fields(ScheduleSettings)}


def test_the_schema_takes_what_the_command_takes() -> None:
    judge = jsonschema.Draft202012Validator(schema())
    assert list(judge.iter_errors(tomllib.loads(WHOLE))) == []
    page = (ROOT / "docs/settings.md").read_text()
    examples = [part.partition("```")[0] for part in page.split("```toml\n")[1:]]
    assert examples
    for example in examples:
        assert list(judge.iter_errors(tomllib.loads(example))) == []
    for wrong in (
        "[schedule.a]\nevry = '1m'",
        "[schedule.'A b']",
        "[schedule.a]\nevery = 1",
        "x = 1",
    ):
        assert list(judge.iter_errors(tomllib.loads(wrong)))
