"""The files of docs/monitoring, read as their tools read them."""

import json
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from tests.support.command import ROOT

FOLDER = ROOT / "docs/monitoring"
RULES = FOLDER / "prometheus-rules.yml"
DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem.removeprefix("grafana-"): json.loads(path.read_text())
    for path in sorted(FOLDER.glob("grafana-*.json"))
}


@dataclass(frozen=True)
class Alert:
    """An alert rule of Grafana's: its query, and the number that none of the rows must exceed."""

    name: str
    sql: str
    limit: float


def read_yaml(name: str) -> Any:
    return YAML(typ="safe").load((FOLDER / name).read_text())


def grafana_rules() -> list[dict[str, Any]]:
    [group] = read_yaml("grafana-alerts.yaml")["groups"]
    return list(group["rules"])


def grafana_alerts() -> list[Alert]:
    return [
        Alert(
            rule["title"],
            rule["data"][0]["model"]["rawSql"],
            rule["data"][1]["model"]["conditions"][0]["evaluator"]["params"][0],
        )
        for rule in grafana_rules()
    ]


def prometheus_rules() -> list[dict[str, Any]]:
    [group] = read_yaml("prometheus-rules.yml")["groups"]
    return list(group["rules"])


def panels(dashboard: str) -> list[dict[str, Any]]:
    """The panels of a dashboard, without the rows between them."""
    return [each for each in DASHBOARDS[dashboard]["panels"] if each["type"] != "row"]


def targets(dashboard: str, key: str) -> dict[str, str]:
    """Every query of a dashboard, by its panel and place; `key` is where its text is."""
    return {
        f"{panel['title']} ({panel['id']}{target['refId']})": target[key]
        for panel in panels(dashboard)
        for target in panel["targets"]
    }
