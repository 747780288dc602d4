"""promtool, Prometheus' own judge of rules."""

import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.monitoring.files import RULES, prometheus_rules
from tests.targets.tools import judge

AFTER = 2 * 60 * 60  # seconds: every rule's `for` is over


def check(path: Path) -> str:
    """What is wrong with a file of rules; empty where nothing is."""
    done = judge("promtool", "check", "rules", path)
    return done.all if done.code else ""


def fired(series: Iterable[dict[str, Any]], *, after: int = AFTER) -> set[str]:
    """The alerts that these series cause when they have been so for so many seconds."""
    names = [rule["alert"] for rule in prometheus_rules()]
    test = {
        "interval": "1m",
        "input_series": list(series),
        # none is expected: what promtool complains about has fired
        "alert_rule_test": [
            {"eval_time": f"{after}s", "alertname": name, "exp_alerts": []} for name in names
        ],
    }
    with tempfile.TemporaryDirectory(prefix="bunkd-db-promtool-") as folder:
        path = Path(folder) / "test.yml"  # JSON is YAML
        path.write_text(json.dumps({"rule_files": [str(RULES)], "tests": [test]}))
        done = judge("promtool", "test", "rules", path)
    found = set(re.findall(r"alertname: (\w+), time: ", done.all))
    assert bool(done.code) is bool(found), done.all
    return found


def constant(series: str, value: float, *, after: int = AFTER) -> dict[str, Any]:
    """A series that has had one value since the beginning."""
    return {"series": series, "values": f"{value!r}x{after // 60}"}


def exported(metrics: str, now: float) -> list[dict[str, Any]]:
    """What `bunkd-db status --format prometheus` wrote, as if it had written so all the time.

    promtool's clock begins with 0: moments keep their distance from `now`, which is the end.
    """
    return [
        constant(
            _name(sample.name, sample.labels),
            sample.value - now + AFTER if "timestamp" in sample.name else sample.value,
        )
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
    ]


def _name(name: str, labels: dict[str, str]) -> str:
    return (
        name + "{" + ", ".join(f"{key}={json.dumps(value)}" for key, value in labels.items()) + "}"
    )
