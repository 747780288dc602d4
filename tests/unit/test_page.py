"""The page as a pure function of facts: what stands on it, and that no text of others gets out of its place."""

import base64
import doctest
import hashlib
import itertools
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bunkd_db.models import Check
from bunkd_db.page import charts
from bunkd_db.page.facts import Call, Found, Unknown
from bunkd_db.page.render import MOST_BYTES, policy, render
from bunkd_db.page.text import Room
from bunkd_db.status.facts import NOT_KNOWN, Calls, JobError, Queue, Slots, Ticks
from bunkd_db.worker import near
from tests.support.pages import (
    BUSY,
    CALLS,
    CHECKS,
    HOSTILE,
    KEY,
    LONG,
    ORDINARY,
    WORKER,
    hostile,
    judged,
)
from tests.support.well import NOW

VOID = {"meta"}
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "footer",
        "article",
        "section",
    ),
    *("h1", "h2", "h3", "h4", "p", "span", "b", "small", "bdi", "code", "pre", "time", "a"),
    *("ol", "ul", "li", "dl", "dt", "dd", "div", "figure", "figcaption"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("svg", "circle", "path", "rect", "line", "text"),
}
ATTRIBUTES = {
    *(
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "id",
        "href",
        "datetime",
        "scope",
        "role",
    ),
    *(
        "aria-labelledby",
        "aria-hidden",
        "data-label",
        "width",
        "height",
        "viewbox",
        "x",
        "y",
        "rx",
        "r",
        "d",
    ),
    *("x1", "x2", "y1", "y2", "cx", "cy", "text-anchor", "overflow"),
}


class Read(HTMLParser):
    """The page's elements; one that is not closed, or is no element of ours, is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS, tag
        assert {name for name, _ in attrs} <= ATTRIBUTES, attrs
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] not in (["style"], ["title"]):
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.mark.parametrize("module", [charts, near])
def test_its_examples(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert (found.failed, bool(found.attempted)) == (0, True)


def test_an_ordinary_page() -> None:
    page = Read(render(ORDINARY))
    for text in (
        "Unhealthy",
        "slow jobs hold all 5 slots",
        "bunkd-db schedule set --max-in-flight 10 --schedule process-analysis-jobs",
        "about 9,912,000",
        "p99",
        "Usual cause: a provider",
        "http_error 500",
        "queue_index",
        "create index concurrently on public.analysis_jobs (status);",
        "BUNKD_CALL_URL",
        "jwt-service_role, in vault (not shown)",
        "calls got a new credential 1 min 30 s ago",
        "to hooks.example.com; heartbeat to hc-ping.example.com, last arrived 9 min ago",
        "WAIT_TOO_LONG",
        "set by ann (role postgres, command)",
        "max_in_flight 3 -> 5",
        "a job waits for 7 min",
    ):
        assert text in page.said, text
    assert "server_version" not in page.said, "a check that is well"


def test_what_people_who_do_not_see_it_are_told() -> None:
    text = render(ORDINARY)
    page = Read(text)
    for svg in re.findall(r"<svg(?: [^>]*)?>.{0,40}", text, re.DOTALL):
        assert 'role="img"><title>' in svg or "aria-hidden" in svg or "overflow" in svg, svg
    assert all(each.get("scope") in ("row", "col") for each in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    levels = [int(tag[1]) for tag, _ in page.seen if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.all("html") == [{"lang": "en"}]


def test_nothing_but_its_own_style_is_allowed() -> None:
    text = render(ORDINARY)
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy()
    [meta] = [each for each in Read(text).all("meta") if "http-equiv" in each]
    assert (meta["http-equiv"], meta["content"]) == ("Content-Security-Policy", policy())
    assert "unsafe" not in policy()
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"\b(?:src|srcset|action|style|on\w+)=", text)


@pytest.mark.parametrize("schedules", [1, 40, 200])
def test_a_hostile_database_fills_no_more_than_there_is_room_for(schedules: int) -> None:
    text = render(hostile(schedules))
    assert len(text.encode()) <= MOST_BYTES
    page = Read(text)
    assert all((each["href"] or "").startswith("#s") for each in page.all("a"))
    assert "\x1b" not in text
    assert not set("\x00\u202e\u2066") & set(text)
    assert KEY not in text
    assert "{{ 7 * 7 }}" in page.said
    assert "select 1;" in page.said, "a command that fits is there"


def test_megabytes_of_text_are_not_read() -> None:
    queue = replace(BUSY.queue, table=LONG, errors=(JobError(LONG, 1, 1, NOW, None),))
    calls = tuple(replace(each, detail=LONG, job_id=LONG) for each in CALLS)
    check = Check(LONG, "fail", LONG, LONG, LONG, (LONG,))
    bad = replace(BUSY, every=LONG, queue=queue)
    found = Found(NOW, judged(bad), calls, {BUSY.name: (check,) * 40})
    began = time.monotonic()
    text = render(found)
    assert len(text.encode()) <= MOST_BYTES
    assert time.monotonic() - began < 5


def test_half_a_command_is_never_shown() -> None:
    line = "select " + "1" * 5000 + ";"
    check = Check("x", "fail", "found", "Paste it:", "X", (line, "select 2;"))
    page = Read(render(replace(ORDINARY, checks={BUSY.name: (check,)})))
    assert "11111" not in page.said
    assert "A command is too long for this page" in page.said
    assert "select 2;" in page.said


@given(st.text(max_size=300))
@settings(max_examples=60)
def test_any_text_is_text(text: str) -> None:
    shown = Room().text(text, 100)
    assert shown.isprintable()
    page = Read(render(replace(ORDINARY, report=judged(replace(BUSY, every=text)))))
    assert "every " in page.said


EMPTY = replace(
    BUSY,
    mode=None,
    queue=Queue("public.analysis_jobs", "public.analysis_jobs does not exist"),
    calls=Calls(NOT_KNOWN, (), ()),
    slots=Slots(5),
    ticks=Ticks(),
    unknown="this is a standby",
    settings=None,
)


def test_what_is_not_known_is_said() -> None:
    denied = Unknown("permission denied for view recent_calls")
    found = Found(NOW, judged(EMPTY), denied, {BUSY.name: Unknown("it took too long")})
    page = Read(render(found))
    for text in ("does not exist", "this is a standby", "permission denied", "it took too long"):
        assert text in page.said, text
    assert "Settings" not in page.said


def test_a_database_that_could_not_be_asked() -> None:
    page = Read(render(Found(NOW, Unknown("cannot connect to db:5432", "Start it:", ("make up",)))))
    for text in ("Not known", "cannot connect to db:5432", "Start it:", "make up"):
        assert text in page.said
    assert "ealthy" not in page.said


def test_a_worker_of_its_own() -> None:
    alone = Found(NOW, Unknown("no database"), worker=replace(WORKER, trouble=HOSTILE))
    page = Read(render(alone))
    for text in ("Working", "web-1-3078-66720a", "Calls in flight 3", "no database"):
        assert text in page.said, text
    with_both = Read(render(replace(ORDINARY, worker=WORKER)))
    assert "Unhealthy" in with_both.said
    assert "This worker" in with_both.said


def test_several_schedules_have_a_list_with_links() -> None:
    well = replace(BUSY, name="well", queue=replace(BUSY.queue, oldest_wait_seconds=1.0))
    page = Read(render(replace(ORDINARY, report=judged(BUSY, well, EMPTY))))
    assert [each["href"] for each in page.all("a")] == ["#s1", "#s2", "#s3"]
    assert {each.get("id") for each in page.all("h2")} >= {"s1", "s2", "s3"}
    assert "3 schedules:" in page.said


def test_calls_and_checks_are_those_of_the_schedule() -> None:
    other: Call = replace(CALLS[0], schedule="other", job_id="of-another")
    page = Read(render(replace(ORDINARY, calls=(other,), checks={"other": CHECKS})))
    assert "of-another" not in page.said
    assert "None of this schedule" in page.said
    assert "queue_index" not in page.said


def test_a_password_in_a_url_of_any_scheme_is_a_key() -> None:
    said = Room().text(
        "could not connect to postgresql://worker:hunter2@db:5432/x, user postgres://worker@db"
    )
    assert (
        said == "could not connect to postgresql://worker:***@db:5432/x, user postgres://worker@db"
    )
