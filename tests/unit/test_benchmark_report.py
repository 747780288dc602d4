"""What the benchmark writes: numbers as people say them, verdicts, a chart that is XML."""

import json
from xml.etree import ElementTree

import pytest

from benchmarks import chart, report
from benchmarks.peers.measure import TARGETS
from benchmarks.result import Results, Row, Unit
from benchmarks.timing import percentile

HEADER = {"server": "PostgreSQL 17.6 (cluster), as shipped", "pg_net": "0.20.4, the real one"}


@pytest.fixture
def results() -> Results:
    return Results(
        [
            Row("start_help", "bunkd-db --help", 0.13, target=0.1, samples=[0.12, 0.13]),
            Row(
                "drain_short", "drain of <400> jobs", 30.0, plain=24000.0, plain_how="extrapolated"
            ),
            Row("drain_short_share", "share", 95.0, "percent", target=90.0, at_least=True),
            Row("pickup_idle_p50", "pickup, idle, p50", 0.003, plain=30.0, target=0.005),
        ],
        notes=["A note."],
        plans={"waiting": ["Index Only Scan"]},
    )


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (0.00025, "seconds", "0.25 ms"),
        (0.0031, "seconds", "3.1 ms"),
        (24.6, "seconds", "24.6 s"),
        (1200, "seconds", "20 min"),
        (24000, "seconds", "6 h 40 min"),
        (94.96, "percent", "95.0 %"),
        (0, "calls", "0"),
        (1.025, "calls", "1.02"),
        (43200, "calls", "43,200"),
    ],
)
def test_numbers_read_as_people_say_them(number: float, unit: Unit, text: str) -> None:
    assert report.value(number, unit) == text


def test_a_missed_target_says_by_how_much(results: Results) -> None:
    assert [report.verdict(row) for row in results.rows] == ["missed by 30 ms", "", "met", "met"]


def test_a_percentile_is_one_of_the_samples() -> None:
    assert percentile([4, 1, 3, 2], 50) == 2
    assert percentile([4, 1, 3, 2], 99) == 4
    assert percentile(range(1, 201), 99) == 198


def test_the_table_starts_with_pickup_and_marks_what_is_extrapolated(results: Results) -> None:
    lines = report.markdown(HEADER, results).splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert rows[1].startswith("| pickup, idle, p50 | 30.0 s | 3 ms | 10,000 ×")  # noqa: RUF001
    assert rows[2].startswith("| drain of <400> jobs | ~6 h 40 min | 30.0 s | 800 ×")  # noqa: RUF001
    assert "Index Only Scan" in lines


def test_what_was_not_measured_is_a_blank() -> None:
    row = Row("drain_short", "drain", 30.0, plain=None, plain_how="extrapolated")
    assert report.cells(row) == ("drain", "", "30.0 s", "", "", "")
    assert "~" not in chart.draw(Results([row]), "a part")


def test_json_keeps_the_samples(results: Results) -> None:
    found = json.loads(report.as_json(HEADER, results))
    assert found["header"] == HEADER
    assert found["rows"][-1]["samples"] == [0.12, 0.13]
    assert found["rows"][-1]["met"] is False


def test_the_chart_is_xml_with_bars_that_fit(results: Results) -> None:
    root = ElementTree.fromstring(chart.draw(results, "a & b"))
    bars = [float(r.attrib["width"]) for r in root.iter("{http://www.w3.org/2000/svg}rect")][3:]
    assert len(bars) == 4
    assert all(0 < width <= chart.WIDTH - chart.LEFT - chart.RIGHT for width in bars)


def test_the_chart_of_a_part_has_no_bars() -> None:
    assert ElementTree.fromstring(chart.draw(Results(), "nothing")).tag.endswith("svg")


def test_systems_stand_beside_each_other_with_a_gap_where_one_was_not_measured() -> None:
    results = Results()
    results.compare("worker", "pickup", 0.003)
    results.compare("pg-boss", "a second", 750, "calls")
    results.compare("worker", "a second", 900, "calls")
    assert report.beside(results) == [
        ("what", "worker", "pg-boss"),
        ("pickup", "3 ms", ""),
        ("a second", "900", "750"),
    ]
    assert "| a second | 900 | 750 |" in report.markdown(HEADER, results).splitlines()
    assert "a second     900      750" in report.plain_text(HEADER, results).splitlines()
    assert json.loads(report.as_json(HEADER, results))["compared"][0]["values"] == {"worker": 0.003}


def test_no_second_table_where_no_system_was_measured(results: Results) -> None:
    assert report.beside(results) == []
    assert report.BESIDE not in report.markdown(HEADER, results)


def test_each_row_has_its_place(results: Results) -> None:
    for system, key in TARGETS:
        results.add(Row(f"{system}_{key}", "of a system", 1.0))
    assert [row.name for row in results.ordered][-1] == "start_help"
    with pytest.raises(ValueError, match="not in tuple"):
        results.add(Row("nobody_s", "of nobody", 1.0))
