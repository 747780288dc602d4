"""`bunkd-db status --html` as its users meet it: the file, the words, the exit code, and the page in a real browser."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bunkd_db.page.render import MOST_BYTES, render
from tests.support.browser import Browser, Scheme, browser
from tests.support.command import bunkd, here
from tests.support.database import Database
from tests.support.held import Held
from tests.support.pages import HOSTILE, KEY, ORDINARY, hostile
from tests.support.queue import add_jobs
from tests.support.upgrade import CREDENTIAL, SCHEDULE, install, upgrade


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for kind, found in (("ordinary", ORDINARY), ("hostile", hostile(5))):
        (folder / f"{kind}.html").write_text(render(found))
    return folder


@pytest.fixture
def busy(one: Held) -> Held:
    """Every part of the page has something to show, some of it hostile."""
    add_jobs(one.connection, 9)
    one.connection.execute(
        "insert into analysis_jobs (fingerprint, input_data, status, error_message, completed_at)"
        " select 'f', '{}', 'failed', %s, now() from generate_series(1, 4)",
        [HOSTILE.replace("\0", "")],
    )
    one.take(3).end(status=500, content=HOSTILE.replace("\0", "") + CREDENTIAL)
    one.tick()
    return one


# In a browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", ["ordinary", "hostile"])
def test_it_fits_and_asks_for_nothing(
    chromium: Browser, drawn: Path, kind: str, width: int, scheme: Scheme
) -> None:
    file = drawn / f"{kind}.html"
    seen = chromium.look(file.as_uri(), width=width, scheme=scheme)
    seen.is_clean(file.as_uri())
    light = sum(map(int, re.findall(r"\d+", seen.ground)))
    assert (light > 600) is (scheme == "light"), seen.ground
    assert seen.elements.count("svg") > 5


def test_the_browser_would_tell_and_the_policy_holds(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "status.html"
    extra = (
        '<img src="http://127.0.0.1:9/x"><script>document.title = "ran"</script>'
        '<p style="width: 3000px">wide</p><p class="pale">pale</p>'
    )
    style = "body { color: #8a8a8a; min-width: 3000px }"
    page = render(ORDINARY)
    file.write_text(page.replace("<main>", f"<main>{extra}<style>{style}</style>"))
    seen = chromium.look(file.as_uri(), width=360)
    assert len(seen.console) >= 4, "image, script, style and attribute"
    assert all("Content Security Policy" in each for each in seen.console), seen.console
    assert seen.wide == 360
    file.write_text(
        re.sub(r"<meta http-equiv[^>]*>", "", page).replace("</style>", style + "</style>")
    )
    seen = chromium.look(file.as_uri(), width=360)
    assert seen.wide == 3000
    assert seen.wider
    assert seen.faint


@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_of_a_real_database(
    chromium: Browser, tmp_path: Path, busy: Held, width: int
) -> None:
    file = tmp_path / "status.html"
    done = here("status", "--html", str(file), DATABASE_URL=busy.database.url)
    assert (done.code, done.out, done.err) == (1, "", f"Wrote {file}: unhealthy\n")
    text = file.read_text()
    assert len(text.encode()) <= MOST_BYTES
    assert CREDENTIAL not in text
    assert KEY not in text
    seen = chromium.look(file.as_uri(), width=width)
    seen.is_clean(file.as_uri())
    for part in (
        "Unhealthy",
        "select cron.alter_job(",
        "alert(1)",
        "http_error 500",
        "Checks that are not well",
        "BUNKD_CALL_URL",
        "http://127.0.0.1:9/functions/v1/run_job",
        "queued",
    ):
        assert part in seen.text, part


# The file


def test_it_is_replaced_at_once_and_a_link_is_not_followed(one: Held, tmp_path: Path) -> None:
    elsewhere, file = tmp_path / "elsewhere", tmp_path / "status.html"
    elsewhere.write_text("mine")
    file.symlink_to(elsewhere)
    done = here("status", "--html", str(file), DATABASE_URL=one.database.url)
    assert done.code == 1
    assert elsewhere.read_text() == "mine"
    assert not file.is_symlink()
    before = file.open()
    with before:
        here("status", "--html", str(file), DATABASE_URL=one.database.url)
        assert before.read().rstrip().endswith("</html>"), "who reads the old one has all of it"
    assert {each.name for each in tmp_path.iterdir()} == {"elsewhere", "status.html"}


def test_standard_output_has_the_page_alone(one: Held) -> None:
    done = bunkd("status", "--html", "-", DATABASE_URL=one.database.url)
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("<!doctype html>")
    assert done.out.endswith("</html>\n")


def test_exit_code_0_when_well(one: Held, tmp_path: Path) -> None:
    one.connection.execute("select cron.alter_job(jobid, active := true) from cron.job")
    one.tick()
    done = here("status", "--html", str(tmp_path / "x"), DATABASE_URL=one.database.url)
    assert done.code == 0, done
    assert done.err.endswith(("healthy\n", "degraded\n"))


@pytest.mark.parametrize("name", ["missing/status.html", ".", "device"])
def test_where_it_cannot_be_written(one: Held, tmp_path: Path, name: str) -> None:
    target = Path("/dev/null") if name == "device" else tmp_path / name
    done = here("status", "--html", str(target), DATABASE_URL=one.database.url)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 2
    assert str(target) in done.err
    assert not Path("/dev/null").is_file()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "other", ["--json", "--watch", "--format json", "--format prometheus", "--watch=3"]
)
def test_beside_another_form_it_is_refused(other: str, tmp_path: Path) -> None:
    file = tmp_path / "status.html"
    done = here("status", *other.split(), "--html", str(file))
    assert done.code == 2
    named = other.partition("=")[0]
    assert f"--html and {named} exclude each other. Leave out {named}" in done.err
    assert not file.exists()
    if "json" in other:
        assert json.loads(done.out)["exit_code"] == 2


def test_all_schedules_or_one(one: Held, tmp_path: Path) -> None:
    one.connection.execute("insert into bunkd.schedule (name) values ('another')")
    url, file = one.database.url, tmp_path / "x"
    here("status", "--html", str(file), DATABASE_URL=url)
    assert "2 schedules:" in file.read_text()
    assert 'id="s2"' in file.read_text()
    here("status", "--html", str(file), "--schedule", SCHEDULE, DATABASE_URL=url)
    before = file.read_text()
    assert 'id="s2"' not in before
    done = here("status", "--html", str(file), "--schedule", "nobody", DATABASE_URL=url)
    assert (done.code, file.read_text()) == (2, before)


# Bad input


def test_a_database_that_cannot_be_asked_makes_no_old_page_look_new(tmp_path: Path) -> None:
    file = tmp_path / "status.html"
    file.write_text("healthy")
    url = "postgresql://u:hunter2@127.0.0.1:1/d"
    done = here("status", "--html", str(file), DATABASE_URL=url)
    assert done.code == 3
    assert done.err.startswith(f"Wrote {file}: not known\nError: cannot connect to 127.0.0.1:1")
    text = file.read_text()
    assert "Not known" in text
    assert "cannot connect to 127.0.0.1:1" in text
    assert "hunter2" not in text + done.all


def test_not_installed(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "status.html"
    done = here("status", "--html", str(file), DATABASE_URL=database.url)
    assert done.code == 1
    text = file.read_text()
    assert "bunkd-db is not installed in this database" in text
    assert '<pre class="command"><code>bunkd-db upgrade</code></pre>' in text


def test_as_a_reader_and_as_a_role_without_rights(one: Held, tmp_path: Path) -> None:
    with one.database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
        admin.execute("create role nosy login password 'postgres'")
    upgrade(one.database, BUNKD_READER_ROLE="oncall")
    add_jobs(one.connection, 2)
    file = tmp_path / "x"
    here("status", "--html", str(file), DATABASE_URL=one.database.url_as("oncall"))
    text = file.read_text()
    for part in ("BUNKD_CALL_URL", "run_job", "Last calls", "wake"):
        assert part in text, part
    done = here("status", "--html", str(file), DATABASE_URL=one.database.url_as("nosy"))
    assert done.code == 3
    assert "role nosy cannot read the status" in file.read_text()
    assert "run_job" not in file.read_text()


def test_settings_without_secrets(database: Database, tmp_path: Path) -> None:
    install(
        database,
        BUNKD_CALL_URL="https://functions.example/run?apikey=s3cr3t-in-the-query",
        BUNKD_HEADERS='{"X-Tenant": "s3cr3t-in-a-header"}',
        BUNKD_BODY='{"pass": "s3cr3t-in-the-body"}',
    )
    file = tmp_path / "x"
    here("status", "--html", str(file), DATABASE_URL=database.url)
    text = file.read_text()
    assert "https://functions.example/run<" in text
    assert "X-Tenant" in text
    told = here("status", "--json", DATABASE_URL=database.url).out
    assert "X-Tenant" in told
    for shown in (text, told):
        assert "s3cr3t" not in shown
        assert CREDENTIAL not in shown


def test_a_locale_without_utf_8(one: Held) -> None:
    env = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = bunkd("status", "--html", "-", DATABASE_URL=one.database.url, **env)
    assert (done.code, done.err) == (1, "")
    assert "\u2013 bunkd-db</title>" in done.out, "the page says itself that it is UTF-8"


def test_the_mode_is_that_of_any_file(tmp_path: Path) -> None:
    file, before = tmp_path / "x", os.umask(0o027)
    try:
        here("status", "--html", str(file), DATABASE_URL="postgresql://127.0.0.1:1/d")
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o640
