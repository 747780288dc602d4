"""`make demo` where a server can have pgsql-http: the database makes the calls, by lanes if it has no pg_net."""

import re

import pytest

from tests.demo.provide import has_net
from tests.e2e.lanes.place import require_http
from tests.support.demo import demo
from tests.support.server import Kind


@pytest.mark.timeout(300)
def test_the_database_makes_the_calls(server_kind: Kind) -> None:
    require_http(server_kind)
    done = demo(server_kind)
    assert done.code == 0, done.all
    assert not done.err
    if has_net(server_kind):
        assert "Path      the database itself, by pg_net, because it can be used here" in done.out
    else:
        assert re.search(r"^Path      the database itself, by \d+ lanes, because ", done.out, re.M)
        assert "native: this database makes the calls itself, every 30s by lanes" in done.out
    assert re.search(r"^All completed in .* Calls, by reason: \d", done.out, re.M)
    assert re.search(r"each alone: half within \d+ ms", done.out)
    assert "stand-in" not in done.out
