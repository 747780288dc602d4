"""The registry of external schedulers."""

import re

import pytest

from bunkd_db.external.option import ranked
from bunkd_db.external.registry import OPTIONS


def test_names_are_unique_and_fit_a_folder() -> None:
    names = [option.name for option in OPTIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


@pytest.mark.parametrize(
    ("every", "meets", "does_not"),
    [
        ("30s", {"systemd", "cloudflare", "crontab"}, {"cron-job-org", "github-actions", "vercel"}),
        ("1m", {"cron-job-org", "google-cloud-scheduler", "aws"}, {"github-actions", "gitlab"}),
        ("5m", {"github-actions", "gitlab"}, set()),
        ("10s", {"systemd", "docker-compose"}, {"cloudflare", "crontab"}),
        ("0 9 * * 1-5", {"crontab", "aws"}, {"github-actions"}),
    ],
)
def test_what_meets_an_interval(every: str, meets: set[str], does_not: set[str]) -> None:
    fitting = {option.name for option in OPTIONS if option.meets(every)}
    assert meets <= fitting
    assert not does_not & fitting


def test_what_fits_comes_first_then_the_nearest() -> None:
    order = ranked(OPTIONS, "30s")
    fits = [option.meets("30s") for option in order]
    assert fits == sorted(fits, reverse=True)
    slower = [option.interval_seconds for option in order if not option.meets("30s")]
    assert slower == sorted(slower)


def test_what_is_on_the_same_platform_comes_before_others() -> None:
    assert ranked(OPTIONS, "30s", ["railway"])[0].name == "railway"
    # but being near does not make it quick enough
    assert ranked(OPTIONS, "30s", ["aws"])[0].name == "systemd"
