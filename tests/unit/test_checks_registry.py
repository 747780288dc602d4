"""Checks and questions are found by being there, and are asked in the order of their needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from bunkd_db import database
from bunkd_db.capabilities import checks, evaluate, registry, row
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.finding import Finding, ok
from bunkd_db.capabilities.gather import _Asking
from bunkd_db.capabilities.row import Row, need
from tests.support.checked import named
from tests.support.facts import HEALTHY


def test_every_order_is_its_own() -> None:
    orders = [check.order for check in registry.registered()]
    assert orders == sorted(set(orders))


MODULE = """
from bunkd_db.capabilities.finding import ok
from bunkd_db.capabilities.registry import check

@check("brand_new", order=15)
def brand_new(context):
    return ok("well")
"""


def test_a_check_is_found_by_being_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(registry.registered.cache_clear)
    before = [check.name for check in registry.registered()]
    (tmp_path / "brand_new.py").write_text(MODULE)
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "_BY_NAME", dict(registry._BY_NAME))
    registry.registered.cache_clear()
    report = evaluate(HEALTHY)
    assert [check.name for check in registry.registered()] == [before[0], "brand_new", *before[1:]]
    assert named(report, "brand_new").status == "pass"


@pytest.mark.parametrize(("name", "order"), [("standby", 99_999), ("new", 20)])
def test_a_name_and_an_order_are_taken_once(name: str, order: int) -> None:
    registry.registered()

    def rule(_: object) -> Finding:
        return ok("well")

    with pytest.raises(ValueError, match="taken"):
        registry.check(name, order=order)(rule)


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kinds of rows that a test makes are not asked for anywhere else."""
    monkeypatch.setattr(row, "_KINDS", list(row._KINDS))


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("answer", ["good", "bad", "declined"])
def test_a_question_is_asked_where_its_needs_are_met(answer: str) -> None:
    asked: list[str] = []

    @dataclass(frozen=True)
    class First(Row, what="the first"):
        text: str

        @classmethod
        def ask(cls, *_: object) -> list[Self]:
            asked.append("first")
            if answer == "declined":
                raise database.Unanswered("no", denied=True)
            return [cls(answer)]

    @dataclass(frozen=True)
    class Second(Row, what="the second", needs=(need(First, lambda f: f.text == "good"),)):
        @classmethod
        def ask(cls, *_: object) -> list[Self]:
            asked.append("second")
            return [cls()]

    facts = Facts(HEALTHY.asked, "", 5432, "none")
    asking = _Asking(facts, None)  # type: ignore[arg-type]
    for kind in (Second, First, Second):
        asking.about(kind)
    assert asked == (["first", "second"] if answer == "good" else ["first"])
    assert (Second in facts.found) is (answer == "good")
    assert facts.unanswered == ({First: "no", Second: "no"} if answer == "declined" else {})
