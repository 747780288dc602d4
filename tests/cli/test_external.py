"""`bunkd-db external` as its users meet it; no database is there, and none is asked."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bunkd_db.external.generate import paths
from bunkd_db.external.registry import options
from tests.support.command import environment, here
from tests.support.terminal import ESCAPE, terminal

URL = {"BUNKD_CALL_URL": "https://x.example/run?a='b"}
MADE = [name for name, option in options().items() if paths(option)]
GENERATE = ("external", "generate")


def every_of(name: str) -> str:
    return "30s" if options()[name].meets("30s") else "5m"


def test_list_on_a_pipe_is_a_line_for_each_and_names_the_worker_beside_them() -> None:
    done = here("external", "list")
    assert done.code == 0
    assert done.err.startswith("Fastest option: bunkd-db worker (")
    assert len(done.err.splitlines()) == 1
    head, *lines = done.out.splitlines()
    assert head.split()[:3] == ["NAME", "KEEPS", "INTERVAL"]
    assert {line.split()[0] for line in lines} == set(options())
    starts = [head.index(word) for word in head.split()]
    assert all(line[start - 1] == " " for line in lines for start in starts[1:4])
    kept = [re.split(" {2,}", line)[1] for line in lines]
    assert kept == sorted(kept, key=["yes", "not confirmed", "no"].index)
    assert {"yes", "no"} <= set(kept)


def test_list_on_a_terminal_has_groups_and_v_says_more() -> None:
    plain = ESCAPE.sub("", terminal(80, "external", "list", "--every", "1m"))
    assert max(map(len, plain.splitlines())) <= 80
    for heading in ("that keep 1m:", "Not confirmed for 1m:", "Too slow for 1m:"):
        assert heading in plain
    assert plain.rstrip().endswith("bunkd-db external generate NAME")
    assert "credential:" not in plain
    assert "credential:" in ESCAPE.sub("", terminal(80, "external", "list", "-v"))


def test_list_as_json() -> None:
    done = here("external", "list", "--json", BUNKD_EVERY="5m")
    answer = json.loads(done.out)
    assert answer["every"] == "5m"
    found = {option["name"]: option for option in answer["external"]}
    assert set(found) == set(options())
    assert found["github-actions"]["meets"] is True
    assert found["netlify"]["meets"] is None
    assert found["netlify"]["interval_seconds"] is None
    answer = json.loads(here("external", "list", "--json", "--every", "10s", BUNKD_EVERY="5m").out)
    assert answer["every"] == "10s", "the flag goes before the variable"


@pytest.mark.parametrize("name", MADE)
def test_generate_prints_each_file_after_its_path(name: str) -> None:
    done = here(*GENERATE, name, "--every", every_of(name), **URL)
    assert done.code == 0, done.err
    marks = re.findall(r"^# file: (.*)$", done.out, re.MULTILINE)
    assert marks
    assert set(marks) <= set(paths(options()[name]))
    assert done.out.startswith("# file: ")
    assert "bunkd-db external generate" in done.out
    assert "heartbeat" in done.out


@pytest.mark.parametrize("name", MADE)
def test_generate_writes_the_same_and_says_what_next(name: str, tmp_path: Path) -> None:
    arguments = (*GENERATE, name, "--every", every_of(name))
    printed = here(*arguments, **URL).out
    done = here(*arguments, "--output", str(tmp_path / "new"), **URL)
    assert done.code == 0, done.err
    for path in re.findall(r"^# file: (.*)$", printed, re.MULTILINE):
        assert f"wrote {tmp_path / 'new' / path}\n" in done.out
        assert (tmp_path / "new" / path).read_text() in printed
    again = here(*arguments, "--output", str(tmp_path / "new"), **URL)
    assert again.code == 1
    assert "already exist" in again.err
    assert "--force" in again.err
    assert here(*arguments, "--output", str(tmp_path / "new"), "--force", **URL).code == 0


@pytest.mark.parametrize("name", MADE)
def test_the_credential_is_nowhere(name: str) -> None:
    for secret in ("eyJhbGciOi.very.secret", "sb_secret_very"):
        done = here(*GENERATE, name, "--every", every_of(name), BUNKD_CREDENTIAL=secret, **URL)
        assert done.code == 0
        assert secret not in done.all
        assert "very" not in done.all.replace("every", "")


def test_a_hostile_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/.github").symlink_to(tmp_path / "elsewhere")
    arguments = (*GENERATE, "github-actions", "--every", "5m", "--force")
    done = here(*arguments, "--output", str(tmp_path / "out"), **URL)
    assert done.code == 1
    assert "is a link" in done.err
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "env", "code", "says"),
    [
        (["systemd"], {}, 2, "SUPABASE_URL or BUNKD_CALL_URL"),
        (["sytemd"], URL, 2, "Did you mean systemd?"),
        (["githb"], URL, 2, "Did you mean github-actions?"),
        (["systemd", "--every", "90s"], URL, 2, "--every: interval '90s'"),
        (["systemd"], {**URL, "BUNKD_EVERY": "90s"}, 2, "BUNKD_EVERY"),
        (["systemd"], {"BUNKD_CALL_URL": "http://a b"}, 2, "BUNKD_CALL_URL"),
        (["systemd", "--output", "/proc/x"], URL, 2, "cannot write"),
        (["github-actions"], URL, 1, "github-actions cannot call more often than every 5 min"),
        (["netlify"], URL, 1, "netlify cannot call more often than every minute"),
        (["crontab", "--every", "10s"], URL, 1, "Use bunkd-db external generate "),
        (["local", "--every", "0 9 * * *"], URL, 1, "local does not support cron"),
    ],
)
def test_what_is_refused(arguments: list[str], env: dict[str, str], code: int, says: str) -> None:
    done = here(*GENERATE, *arguments, **env)
    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["github-actions", "cloudflare", "aws-eventbridge", "kubernetes"])
def test_no_cloud_is_told_to_call_this_machine(name: str, tmp_path: Path) -> None:
    url = "http://127.0.0.1:54321/functions/v1/run_job"
    arguments = (*GENERATE, name, "--every", every_of(name), "--output", str(tmp_path / "made"))
    done = here(*arguments, BUNKD_CALL_URL=url)
    assert (done.code, done.out) == (2, "")
    assert f"{name} cannot reach 127.0.0.1" in done.err
    assert "Set SUPABASE_URL or BUNKD_CALL_URL" in done.err
    assert not (tmp_path / "made").exists()


def test_a_machine_of_one_s_own_may_call_itself() -> None:
    done = here(*GENERATE, "systemd", SUPABASE_URL="http://localhost:54321", BUNKD_CREDENTIAL="x")
    assert done.code == 0
    assert "Note: localhost is the machine that systemd runs on." in done.err


@pytest.mark.parametrize("flags", [[], ["-v"]])
def test_on_a_pipe_the_list_is_plain_and_narrow(flags: list[str]) -> None:
    done = here("external", "list", *flags)
    lines = done.out.splitlines()
    assert len(lines) > len(options())
    assert max(map(len, lines)) <= 100
    assert done.out.isascii()
    assert "\x1b" not in done.out


def test_a_refusal_names_one_that_can() -> None:
    done = here(*GENERATE, "github-actions", "--every", "30s", **URL)
    [name] = re.findall(r"external generate ([a-z-]+)", done.err)
    assert here(*GENERATE, name, "--every", "30s", **URL).code == 0
    assert "--every 5m" in done.err


def test_the_warning_of_github_is_loud() -> None:
    done = here(*GENERATE, "github-actions", "--every", "5m", **URL)
    for text in (done.err, re.sub(r"\n# ", " ", done.out)):
        assert "terms" in text
        assert "every 5 minutes at best" in text
        assert "drops some" in text


def test_an_interval_that_is_not_confirmed_is_said() -> None:
    done = here(*GENERATE, "netlify", "--every", "5m", **URL)
    assert done.code == 0
    assert "Whether netlify keeps 5m on your plan is not confirmed." in done.err
    assert "- interval: not confirmed\n" in done.out


def test_a_guessed_header_is_said() -> None:
    assert "BUNKD_CREDENTIAL_HEADER=apikey" in here(*GENERATE, "systemd", **URL).err
    assert here(*GENERATE, "systemd", BUNKD_CREDENTIAL="x", **URL).err == ""
    done = here(*GENERATE, "systemd", BUNKD_CREDENTIAL_HEADER="apikey", **URL)
    assert done.err == ""
    assert "apikey: " in done.out


def test_names_are_completed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from bunkd_db.cli import root; root(prog_name='bunkd-db')"],
        env=environment(
            _BUNKD_DB_COMPLETE="bash_complete",
            COMP_WORDS="bunkd-db external generate git",
            COMP_CWORD="3",
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["plain,github-actions", "plain,gitlab-ci"]
