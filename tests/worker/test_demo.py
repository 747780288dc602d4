"""`make demo` on a server that cannot make calls: `bunkd-db worker` makes them."""

import re

import pytest

from tests.support.demo import demo


@pytest.mark.timeout(300)
def test_a_worker_makes_the_calls() -> None:
    done = demo("embedded")
    assert done.code == 0, done.all
    assert not done.err
    why = "this database cannot make the calls itself: pg_cron is not available on this server"
    assert f"Path      bunkd-db worker, because {why}" in done.out
    assert "$ bunkd-db worker &" in done.out
    assert re.search(r"^All completed in .* Calls, by reason: ", done.out, re.M)
    assert re.search(r"each alone: half within \d+ ms", done.out)
