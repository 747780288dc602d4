"""Which server the demo takes: the best one on which nothing stands in for what sends."""

from pathlib import Path

import pytest

from tests.demo import provide
from tests.support import image, packages, supabase
from tests.support.choose import Choice
from tests.support.packages import Packages
from tests.support.server import Kind

FAKE, REAL = "fake 0.20.4", "real 0.20.4"


@pytest.mark.parametrize(
    ("possible", "http", "net", "taken", "options"),
    [
        (("cluster", "embedded"), None, FAKE, "embedded", {}),
        (("cluster", "embedded"), "1.6", FAKE, "cluster", {"net": False, "http": True}),
        (("cluster", "embedded"), None, REAL, "cluster", {"net": True, "http": True}),
        (("cluster", "container"), None, FAKE, "container", {"net": False, "http": True}),
        (("cluster", "container"), "1.6", FAKE, "container", {"net": False, "http": True}),
    ],
)
def test_what_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    possible: tuple[Kind, ...],
    http: str | None,
    net: str,
    taken: Kind,
    options: dict[str, bool],
) -> None:
    started: list[tuple[Kind, dict[str, bool]]] = []
    monkeypatch.setattr(
        provide, "choose", lambda *_, **__: Choice({kind: f"{kind}, x" for kind in possible}, {})
    )
    monkeypatch.setattr(provide, "start", lambda kind, **how: started.append((kind, how)))
    monkeypatch.setattr(packages, "find", lambda: Packages(15, Path("/bin"), Path("/share")))
    monkeypatch.setattr(supabase, "http_of", lambda *_: http)
    monkeypatch.setattr(supabase, "net_of", lambda *_: net)
    monkeypatch.setattr(image, "is_here", lambda: True)
    monkeypatch.setattr(image, "ensure_image", lambda: image.OWN)
    monkeypatch.setattr(image, "has_http", lambda _: True)
    provide.provide("auto")
    assert started == [(taken, options)]
    assert ("neither pgsql-http nor pg_net" in capsys.readouterr().out) is (
        "cluster" in possible and http is None and net == FAKE
    )
