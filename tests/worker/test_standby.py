"""A worker whose URL leads to a standby, as it may for a moment during a fail-over."""

import pytest

from tests.support import cluster
from tests.support.server import Unavailable
from tests.support.standby import standby
from tests.support.upgrade import URL, upgrade
from tests.support.wait import wait_until
from tests.support.worker import worker


def test_it_says_so_at_growing_distances_and_stops_when_told_to() -> None:
    try:
        primary = cluster.start(workers=False)
    except Unavailable as why:
        pytest.skip(str(why))
    with primary:
        upgrade(primary.url, BUNKD_MODE="external", BUNKD_CALL_URL=URL)
        with standby(primary) as copy, worker(DATABASE_URL=copy.url) as one:
            wait_until(lambda: one.log.count("Use the primary's URL") >= 2, 20)
            assert len(one.log.splitlines()) < 10
            one.terminate()
            assert one.ends() == 0
