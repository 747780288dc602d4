"""The dashboards and Grafana's alert rules, against Grafana's own types and what a person expects."""

import json
import re
from typing import Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import alerting, dashboard, units

from tests.monitoring.files import (
    DASHBOARDS,
    FOLDER,
    grafana_rules,
    panels,
    prometheus_rules,
    read_yaml,
    targets,
)
from tests.support.command import ROOT

plugins.register_default_plugins()
UNITS = {value for name, value in vars(units).items() if name[0].isupper()}
# of a query for PostgreSQL, which those types leave open
SQL_TARGET = {"refId", "datasource", "format", "editorMode", "rawQuery", "rawSql"}


def lost(ours: Any, theirs: Any, path: str = "$") -> list[str]:
    """What of ours Grafana's types do not know, or read in another way."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        missing = [f"{path}.{key}: unknown" for key in ours if key not in theirs]
        shared = [key for key in ours if key in theirs]
        return missing + [
            each for key in shared for each in lost(ours[key], theirs[key], f"{path}.{key}")
        ]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [each for n, (a, b) in pairs for each in lost(a, b, f"{path}[{n}]")]
    return [] if ours == theirs else [f"{path}: {ours!r} is read as {theirs!r}"]


def read_back(model: Any) -> Any:
    return json.loads(json.dumps(model, cls=JSONEncoder))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_grafana_s_types_know_every_key(name: str) -> None:
    ours = DASHBOARDS[name]
    assert lost(ours, read_back(dashboard.Dashboard.from_json(ours))) == []
    wrong = json.loads(json.dumps(ours))
    wrong["panels"][0]["options"]["colourMode"] = "background"
    assert lost(wrong, read_back(dashboard.Dashboard.from_json(wrong))) == [
        "$.panels[0].options.colourMode: unknown"
    ]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_it_can_be_imported_and_read(name: str) -> None:
    board = DASHBOARDS[name]
    every = board["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    assert "id" not in board  # Grafana gives one
    assert board["uid"] == f"bunkd-{name}"
    [source] = [each for each in board["templating"]["list"] if each["type"] == "datasource"]
    for panel in panels(name):
        title = panel["title"]
        assert panel["description"].endswith("."), title
        assert panel["datasource"] == {"type": source["query"], "uid": "${datasource}"}, title
        assert {"unit": "none", **panel["fieldConfig"]["defaults"]}["unit"] in UNITS, title
        assert panel["type"] == "table" or "unit" in panel["fieldConfig"]["defaults"], title
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"], title
    places = {
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in every
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    }
    assert len(places) == sum(p["gridPos"]["w"] * p["gridPos"]["h"] for p in every), "they overlap"
    assert max(x for x, _ in places) < 24


def test_queries_for_postgresql_have_what_grafana_needs() -> None:
    for panel in panels("postgresql"):
        for target in panel["targets"]:
            assert target.keys() == SQL_TARGET, panel["title"]
            wanted = "time_series" if panel["type"] == "timeseries" else "table"
            assert target["format"] == wanted, panel["title"]
    for sql in targets("postgresql", "rawSql").values():
        assert "${schedule:sqlstring}" in sql
        assert set(re.findall(r"(?:from|join) (\w+\.\w+)", sql)) <= {
            "bunkd.status",
            "bunkd.obstacles",
            "bunkd.recent_calls",
            "bunkd.call_history",
        }


def test_grafana_s_types_know_its_alert_rules() -> None:
    whole = read_yaml("grafana-alerts.yaml")
    assert whole.keys() == {"apiVersion", "groups"}
    [group] = whole["groups"]
    assert group.keys() == {"orgId", "name", "folder", "interval", "rules"}
    for rule in grafana_rules():
        assert lost(rule, read_back(alerting.Rule.from_json(rule))) == []
        query, threshold = rule["data"]
        assert (query["datasourceUid"], threshold["datasourceUid"]) == ("bunkd", "__expr__")
        assert rule["condition"] == threshold["refId"]
        assert threshold["model"]["expression"] == query["refId"]
        # Grafana takes a dollar for a variable of its environment, but in annotations
        assert "$" not in json.dumps(rule | {"annotations": {}})
        assert len(rule["uid"]) <= 40
    [source] = read_yaml("grafana-datasource.yaml")["datasources"]
    assert source["uid"] == "bunkd"
    assert source["type"] == "grafana-postgresql-datasource"
    assert source["secureJsonData"] == {"password": "$QUEUE_DB_PASSWORD"}


def test_both_kinds_of_alerts_are_the_same_ones() -> None:
    rules = {rule["alert"]: rule for rule in prometheus_rules()}
    alerts = {rule["title"]: rule for rule in grafana_rules()}
    assert rules.keys() - alerts.keys() == {"BunkdNotAsked", "BunkdWorkerUnhealthy"}
    assert alerts.keys() <= rules.keys()
    for name, alert in alerts.items():
        assert (alert["for"], alert["labels"]) == (rules[name]["for"], rules[name]["labels"])
        for text in ("description", "runbook"):
            assert alert["annotations"][text] == rules[name]["annotations"][text]


def test_the_page_names_every_file_and_every_alert() -> None:
    page = (FOLDER / "README.md").read_text()
    files = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    assert set(re.findall(r"^\| \[([\w.-]+)\]\(\1\) \|", page, re.MULTILINE)) == files
    alerts = re.findall(r"^\| `(Bunkd\w+)` \|", page, re.MULTILINE)
    assert alerts == [rule["alert"] for rule in prometheus_rules()]


def test_every_runbook_is_there() -> None:
    for rule in prometheus_rules():
        path, _, anchor = rule["annotations"]["runbook"].partition("#")
        titles = re.findall(r"^#+ (.*)$", (ROOT / path).read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
        assert anchor in anchors, rule["alert"]


def test_no_file_holds_a_credential_or_a_host() -> None:
    for path in FOLDER.iterdir():
        text = path.read_text()
        assert not re.search(r"://[^/\s]*:[^/\s]*@", text), path.name
        assert not re.search(r"eyJ|sk-|sbp_", text), path.name
