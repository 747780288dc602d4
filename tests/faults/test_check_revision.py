"""`revision`: a database at another revision is told from one that lacks its cron job."""

from bunkd_db.stamp import MARKS
from tests.support.checked import check, named
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.upgrade import downgrade, install

HEAD = max(MARKS)


def test_the_revision_of_this_bunkd_db_is_well(database: Database) -> None:
    assert named(check(database), "revision").status == "skip"
    install(database)
    assert named(check(database), "revision").status == "pass"


def test_an_older_one_is_named_and_the_job_is_not_called_missing(database: Database) -> None:
    install(database)
    downgrade(database, "0001")
    report = check(database)
    found = named(report, "revision")
    assert (found.status, found.reason) == ("fail", "OTHER_REVISION")
    assert found.detail == f"the database is at revision 0001, and this bunkd-db needs {HEAD}"
    assert found.commands == ("bunkd-db upgrade",)
    assert named(report, "job").status == "skip"


def test_a_newer_one_asks_for_the_newer_bunkd_db(
    database: Database, connection: Connection
) -> None:
    install(database)
    connection.execute("update bunkd.alembic_version set version_num = '9999'")
    found = named(check(database), "revision")
    assert (found.status, found.reason, found.commands) == ("fail", "OTHER_REVISION", ())
    assert "revision 9999, which this bunkd-db does not know" in found.detail
    assert found.remedy.startswith("Install the newer bunkd-db")


def test_none_at_all_is_found_out_by_an_upgrade(database: Database, connection: Connection) -> None:
    install(database)
    connection.execute("delete from bunkd.alembic_version")
    found = named(check(database), "revision")
    assert (found.status, found.commands) == ("fail", ("bunkd-db upgrade",))
    install(database)
    assert named(check(database), "revision").status == "pass"


def test_who_cannot_read_it_is_told_whom_to_ask(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role reader login password 'postgres'")
    install(database, BUNKD_READER_ROLE="reader")
    found = named(check(database.url_as("reader")), "revision")
    assert (found.status, found.reason) == ("skip", "UNANSWERED")
    assert found.remedy == "Ask again as role postgres."
