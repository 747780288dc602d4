"""The external schedulers: what is known of them, and which are recommended."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bunkd_db.errors import ConfigurationError
from bunkd_db.external import reach
from bunkd_db.external.option import COSTS, REACHES, Option, ranked
from bunkd_db.external.pace import Pace
from bunkd_db.external.registry import find, options
from bunkd_db.interval import cron_values

OPTIONS = list(options().values())


def test_they_are_all_there() -> None:
    assert len(options()) >= 20
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in options())


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_what_a_file_says_is_of_the_right_kind(option: Option) -> None:
    for text in (option.title, option.overlap, option.secret, option.failure):
        assert isinstance(text, str)
        assert text
    assert option.cost in COSTS
    assert isinstance(option.prevents_overlap, bool)
    assert isinstance(option.cron, bool)
    assert option.reach in REACHES
    assert option.interval_seconds is None or option.interval_seconds >= 1
    assert option.timeout_seconds is None or option.timeout_seconds >= 1


@pytest.mark.parametrize(
    ("every", "meets", "does_not"),
    [
        ("30s", {"systemd", "cloudflare", "crontab"}, {"cron-job-org", "github-actions", "vercel"}),
        ("1m", {"cron-job-org", "gcp-scheduler", "aws-eventbridge"}, {"github-actions"}),
        ("5m", {"github-actions", "gitlab-ci"}, set()),
        ("10s", {"systemd", "docker-compose"}, {"cloudflare", "crontab"}),
        ("0 9 * * 1-5", {"crontab", "aws-eventbridge", "github-actions"}, {"local", "fly"}),
        ("0-5 9 * * *", {"crontab", "systemd"}, {"github-actions", "docker-compose"}),
        ("*/5 * * * *", {"github-actions", "docker-compose"}, set()),
        ("*/7 * * * *", {"crontab", "cron-job-org"}, {"local", "docker-compose", "railway"}),
    ],
)
def test_what_meets_an_interval(every: str, meets: set[str], does_not: set[str]) -> None:
    answers = {option.name: option.meets(every) for option in OPTIONS}
    assert {answers[name] for name in meets} == {True}
    assert {answers[name] for name in does_not} <= {False}


@pytest.mark.parametrize("name", ["netlify", "easycron"])
def test_what_is_not_confirmed_is_said_and_comes_after_what_is(name: str) -> None:
    assert find(name).meets("30s") is False
    assert find(name).meets("5m") is None
    assert find(name).as_json("5m")["interval_seconds"] is None
    order = [option.meets("5m") for option in ranked(OPTIONS, "5m")]
    assert order == sorted(order, key=[True, None, False].index)
    assert order[-1] is None


def option(name: str, **known: object) -> Option:
    words = {"title": name, "overlap": "o", "secret": "s", "failure": "f"}
    usual = {"prevents_overlap": True, "cost": "free", "interval_seconds": 30}
    return Option(name=name, **{**words, **usual, **known})  # type: ignore[arg-type]


def test_the_order() -> None:
    several = [
        option("slowest", interval_seconds=3600),
        option("slow", interval_seconds=60),
        option("unconfirmed", interval_seconds=None),
        option("overlaps", prevents_overlap=False),
        option("paid", cost="paid"),
        option("usage", cost="usage"),
        option("included", cost="included", order=1),
        option("free"),
        option("first", order=1),
    ]
    expected = ["first", "free", "included", "usage", "paid", "overlaps"]
    names = [found.name for found in ranked(several, "30s")]
    assert names == [*expected, "slow", "unconfirmed", "slowest"]
    names = [found.name for found in ranked(several, "1m")]
    assert names[:3] == ["first", "free", "slow"]
    assert names[-2:] == ["unconfirmed", "slowest"]


def test_what_is_on_the_same_platform_comes_before_others() -> None:
    assert ranked(OPTIONS, "30s", ["railway"])[0].name == "railway"
    # but being near does not make it quick enough
    assert ranked(OPTIONS, "30s", ["aws-eventbridge"])[0].meets("30s") is True


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gitlab", "gitlab-ci"),
        ("AWS", "aws-eventbridge"),
        ("crontap", "crontab"),
        ("github-action", "github-actions"),
        ("zzz", "bunkd-db external list"),
        ("", "bunkd-db external list"),
        ("../targets/systemd", "systemd"),
    ],
)
def test_a_name_that_is_not_there(name: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        find(name)
    assert says in raised.value.help


@pytest.mark.parametrize(
    ("every", "seconds", "cron", "offsets"),
    [
        ("1s", 1, "* * * * *", tuple(range(60))),
        ("30s", 30, "* * * * *", (0, 30)),
        ("25s", 25, "* * * * *", (0, 20, 40)),
        ("59s", 59, "* * * * *", (0, 30)),
        ("1m", 60, "* * * * *", (0,)),
        ("20m", 1200, "*/20 * * * *", (0,)),
        ("1h", 3600, "0 * * * *", (0,)),
        ("24h", 86400, "0 0 * * *", (0,)),
        ("*/5 * * * *", 300, "*/5 * * * *", (0,)),
        ("*/7 * * * *", None, "*/7 * * * *", (0,)),
        ("0 9 1 jan,jul 5-7", None, "0 9 1 1,7 0,5,6", (0,)),
    ],
)
def test_pace(every: str, seconds: int | None, cron: str, offsets: tuple[int, ...]) -> None:
    found = Pace.of(every)
    assert (found.seconds, found.cron, found.offsets) == (seconds, cron, offsets)


@given(st.integers(1, 59))
def test_calls_within_a_minute_are_never_further_apart_than_wanted(seconds: int) -> None:
    offsets = Pace.of(f"{seconds}s").offsets
    following = [*offsets[1:], 60]
    gaps = {after - offset for offset, after in zip(offsets, following, strict=True)}
    assert max(gaps) <= seconds
    assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("every", ["2m", "5m", "20m", "30m", "1h", "6h", "24h"])
def test_away_from_the_full_hour_the_interval_is_the_same(every: str) -> None:
    expression = Pace.of(every).cron_from(3)
    minutes, hours, *_ = cron_values(expression)
    assert 0 not in minutes or every == "2m"
    times = [60 * hour + minute for hour in hours for minute in minutes]
    following = [*times[1:], times[0] + 1440]
    gaps = {60 * (after - time) for time, after in zip(times, following, strict=True)}
    assert gaps == {Pace.of(every).seconds}


THIS_MACHINE = [
    *(
        "http://localhost:54321/x",
        "http://a.localhost/x",
        "http://127.0.0.1/x",
        "http://127.9.9.9/x",
    ),
    *("http://[::1]:9/x", "http://0.0.0.0/x", "http://host.docker.internal:54321/x"),
]
PRIVATE = [
    *("http://10.1.2.3/x", "http://192.168.0.5/x", "http://[fd00::1]/x", "http://169.254.1.1/x"),
    *("http://kong:8000/x", "http://printer.local/x", "http://fn.internal/x"),
]
PUBLIC = ["https://p.supabase.co/x", "https://localhost.example.com/x", "http://8.8.8.8/x"]
ON_ONE_S_OWN = {"systemd", "crontab", "local", "docker-compose"}
IN_ONE_S_NETWORK = {"kubernetes", "fly", "railway", "render"}


@pytest.mark.parametrize("url", [*THIS_MACHINE, *PRIVATE, *PUBLIC])
@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_who_can_reach_what(option: Option, url: str) -> None:
    able = {*ON_ONE_S_OWN, *(set() if url in THIS_MACHINE else IN_ONE_S_NETWORK)}
    if url not in PUBLIC and option.name not in able:
        with pytest.raises(ConfigurationError, match=f"{option.name} cannot reach ") as raised:
            reach.notes(option, url)
        assert "BUNKD_CALL_URL" in raised.value.remedy
        return
    said = reach.notes(option, url)
    assert len(said) == (url in THIS_MACHINE)
