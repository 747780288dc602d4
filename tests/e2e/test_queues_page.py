"""The queues of docs/queues.md: each works with the settings that stand there."""

import enum
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.support.checked import check, named
from tests.support.database import Database
from tests.support.exported import exported
from tests.support.held import HOLD, Held, stop_cron
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import install

PAGE = (Path(__file__).parents[2] / "docs/queues.md").read_text()


@dataclass(frozen=True)
class Shown:
    """One section of the page."""

    language: str
    makes: str
    settings: dict[str, str]

    def make(self, database: Database, connection: Connection) -> None:
        if self.language == "sql":
            connection.execute(self.makes.encode())
            return

        class Base(DeclarativeBase):
            pass

        exec(
            self.makes,
            {
                **vars(sa),
                "Base": Base,
                "Mapped": Mapped,
                "mapped_column": mapped_column,
                "enum": enum,
                "datetime": datetime,
                "__name__": "page",
            },
        )
        engine = sa.create_engine(database.url.replace("postgresql:", "postgresql+psycopg:"))
        Base.metadata.create_all(engine)
        engine.dispose()


def sections() -> dict[str, Shown]:
    found = {}
    for part in PAGE.split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        blocks = re.findall(r"```(python|sql|sh)\n(.*?)```", text, re.DOTALL)
        if blocks:
            [(language, makes), (_, exports)] = blocks
            found[title] = Shown(language, makes, exported(exports))
    return found


SECTIONS = sections()


@pytest.mark.parametrize("title", SECTIONS)
def test_it_is_called_for_finished_and_rescued(
    database: Database, connection: Connection, title: str
) -> None:
    shown = SECTIONS[title]
    shown.make(database, connection)
    said = install(database, BUNKD_CALL_URL="http://127.0.0.1:9/x", **shown.settings)
    assert said[-1].startswith("native:"), said
    stop_cron(connection)
    with database.admin() as admin:
        admin.execute(HOLD)
    one = Held(database, connection)
    table = shown.settings["BUNKD_QUEUE_TABLE"]
    active, done = (shown.settings[f"BUNKD_STATUS_{kind}"] for kind in ("ACTIVE", "DONE"))
    started = "startedAt" if "startedAt" in shown.makes else "started_at"
    default = "(status) values ('QUEUED')" if shown.language == "python" else "default values"
    connection.execute(f"insert into {table} {default}".encode())
    assert one.calls() == ["wake"]
    connection.execute(
        f"""update {table} set status = '{active}', "{started}" = now() - interval '1 h'""".encode()  # noqa: S608
    )
    assert scalar(connection, int, "select active from bunkd.status") == 1
    one.tick()
    assert scalar(connection, int, "select waiting from bunkd.status") == 1, "it is rescued"
    connection.execute(f"update {table} set status = '{done}'".encode())  # noqa: S608
    assert scalar(connection, object, "select problem from bunkd.status") is None
    report = check(database)
    for name in ("queue", "queue_status_values", "queue_rescue"):
        found = named(report, name)
        assert found.status == "pass", found
