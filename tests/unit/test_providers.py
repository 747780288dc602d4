"""Who a server belongs to, by evidence; and remedies that can be filled in."""

import re
from pathlib import Path

import pytest

from bunkd_db import providers
from bunkd_db.external.registry import options
from bunkd_db.providers import Found, Provider, Remedy

DEBIAN = "PostgreSQL 15.20 (Debian 15.20-0+deb12u1) on x86_64-pc-linux-gnu"
PLAIN = "PostgreSQL 17.6 on x86_64-pc-linux-gnu, compiled by gcc"


def host(name: str) -> Found:
    return Found(host=name, build=PLAIN)


def roles(*names: str) -> Found:
    return Found(host="10.0.0.5", build=PLAIN, roles=frozenset(names))


def settings(*names: str) -> Found:
    return Found(host="10.0.0.5", build=PLAIN, settings=frozenset(names))


def marks(*names: str) -> Found:
    return Found(host="10.0.0.5", build=PLAIN, marks=frozenset(names))


EVIDENCE: list[tuple[str, Found]] = [
    ("supabase", host("db.abcdefghijklmnopqrst.supabase.co")),
    ("supabase", host("aws-0-eu-central-1.pooler.supabase.com")),
    ("supabase-self-hosted", roles("supabase_admin")),
    ("supabase-self-hosted", Found("127.0.0.1", DEBIAN, roles=frozenset({"supabase_admin"}))),
    ("rds", host("mydb.abc123.eu-west-1.rds.amazonaws.com")),
    ("rds", host("mydb.abc123.cn-north-1.rds.amazonaws.com.cn")),
    ("rds", settings("rds.extensions")),
    ("rds", roles("rds_superuser", "rdsadmin")),
    ("aurora", host("mydb.cluster-abc123.eu-west-1.rds.amazonaws.com")),
    (
        "aurora",
        Found(
            "10.0.0.5", PLAIN, roles=frozenset({"rdsadmin"}), marks=frozenset({"aurora_function"})
        ),
    ),
    ("cloud-sql", host("/cloudsql/project:region:instance")),
    ("cloud-sql", roles("cloudsqlsuperuser")),
    ("cloud-sql", settings("cloudsql.enable_pg_cron")),
    ("alloydb", settings("alloydb.enable_pg_cron")),
    ("alloydb", roles("alloydbadmin")),
    ("azure", host("shop.postgres.database.azure.com")),
    ("azure", roles("azure_pg_admin")),
    ("azure", settings("azure.extensions")),
    ("neon", host("ep-cool-dew-123456-pooler.eu-central-1.aws.neon.tech")),
    ("neon", settings("neon.project_id")),
    ("neon", roles("neon_superuser")),
    ("lakebase", roles("databricks_superuser", "neon_superuser")),
    ("nhost", host("abcdefgh.db.eu-central-1.nhost.run")),
    ("insforge", host("abc123.us-east.database.insforge.app")),
    ("snowflake-postgres", host("abcdef.snowflake.app")),
    ("snowflake-postgres", roles("snowflake_admin")),
    ("crunchy-bridge", host("p.abc123.db.postgresbridge.com")),
    ("digitalocean", host("shop-do-user-1-0.b.db.ondigitalocean.com")),
    ("digitalocean", roles("doadmin")),
    ("aiven", host("shop-project.a.aivencloud.com")),
    ("aiven", roles("avnadmin")),
    ("heroku", host("ec2-1-2-3-4.compute-1.amazonaws.com")),
    ("heroku", marks("heroku_schema")),
    ("render", host("dpg-abc123-a.frankfurt-postgres.render.com")),
    ("render", host("dpg-abc123-a")),
    ("railway", host("monorail.proxy.rlwy.net")),
    ("railway", host("postgres.railway.internal")),
    ("fly-mpg", host("pgbouncer.abc.flympg.net")),
    ("fly-mpg", roles("fly-user")),
    ("fly-postgres", host("shop-db.flycast")),
    ("fly-postgres", host("shop-db.internal")),
    ("tiger-cloud", host("abc.def.tsdb.cloud.timescale.com")),
    ("tiger-cloud", roles("tsdbadmin")),
    ("planetscale", host("aws-eu-west-1-1.pg.psdb.cloud")),
    ("planetscale", host("aws.horizon.psdb.cloud")),
    ("xata", host("abc.eu-central-1.xata.tech")),
    ("nile", host("eu-central-1.db.thenile.dev")),
    ("self-hosted", Found("10.0.0.5", DEBIAN)),
    ("self-hosted", Found("10.0.0.5", "PostgreSQL 17.6 (Ubuntu 17.6-1.pgdg24.04+1)")),
    ("unknown", host("db.example.com")),
    ("unknown", host("supabase.co.example.com")),
]


@pytest.mark.parametrize(("name", "found"), EVIDENCE)
def test_evidence(name: str, found: Found) -> None:
    assert providers.detect(found).name == name


def test_every_provider_has_evidence_here() -> None:
    assert {provider.name for provider in providers.known()} < {name for name, _ in EVIDENCE}


WORDS = {
    "database": "shop",
    "database_sql": "shop",
    "database_text": "shop",
    "role_sql": "app",
    "asker_sql": "app",
    "major": 17,
    "setting": "x.y",
    "schema": "net",
    "works_in": "postgres",
}


@pytest.mark.parametrize(
    "provider", [*providers.known(), providers.generic()], ids=lambda p: p.name
)
def test_every_remedy_can_be_filled_in(provider: Provider) -> None:
    assert provider.title
    for code, texts in provider.remedies.items():
        assert set(texts) <= {"any", "pg_cron", "pg_net", "http"}
        for extension in ("pg_cron", "pg_net", "http"):
            remedy = provider.remedy(code, extension, **WORDS)
            assert remedy.text
            assert not re.search(r"\{[a-z_]*\}", " ".join((remedy.text, *remedy.commands)))
            assert remedy.text.endswith(":") is bool(remedy.commands)
    assert set(provider.near) <= set(options())
    assert bool(provider.pooled) == bool(provider.direct)


@pytest.mark.parametrize(
    "provider", [*providers.known(), providers.generic()], ids=lambda p: p.name
)
def test_names_are_quoted_where_a_remedy_is_sql(provider: Provider) -> None:
    """There is no plain word for a role; the database's is for people, and for JSON."""
    lines = [
        line for each in provider.commands.values() for lines in each.values() for line in lines
    ]
    for texts in (*provider.remedies.values(), {"commands": " ".join(lines)}):
        for text in texts.values():
            assert not re.search(r"on database \{database\}|'\{database\}'", text)
            assert not re.search(r"\{(role|asker)\}", text)


@pytest.mark.parametrize("name", ["crunchy-bridge", "nhost", "insforge", "snowflake-postgres"])
def test_who_has_pgsql_http_and_no_pg_net_is_told_of_it(name: str) -> None:
    [provider] = [each for each in providers.known() if each.name == name]
    remedy = provider.remedy("NO_FILES", "pg_net", **WORDS)
    assert "pgsql-http" in remedy.text
    assert remedy.commands[-1].startswith("create extension")


def test_generic_words_for_every_code_that_a_provider_words() -> None:
    codes = {code for provider in providers.known() for code in provider.remedies}
    assert codes <= set(providers.generic().remedies)


@pytest.mark.parametrize(
    "provider", [*providers.known(), providers.generic()], ids=lambda p: p.name
)
def test_commands_belong_to_a_remedy(provider: Provider) -> None:
    """Else nobody would see them; a text is not torn from another provider's commands."""
    for code, lines in provider.commands.items():
        assert set(lines) <= set(provider.remedies[code])


def test_a_new_provider_is_one_file(tmp_path: Path) -> None:
    file = tmp_path / "acme.toml"
    file.write_text(
        "title = \"Acme\"\norder = 1\n[evidence]\nhosts = ['\\.acme\\.test$']\n"
        '[remedies.NO_FILES]\nany = "Ask Acme for {extension}."\n'
    )
    acme = providers.load(file)
    assert acme.matches(host("db.acme.test"))
    assert acme.remedy("NO_FILES", "pg_net", **WORDS) == Remedy("Ask Acme for pg_net.")
    assert "restart" in acme.remedy("NOT_PRELOADED", "pg_net", **WORDS).text


DIRECT, POOLER = "db.abcdefghijklmnopqrst.supabase.co", "aws-0-eu-central-1.pooler.supabase.com"
NO_IPV6 = 'connection to server at "2a05:d014::1", port 5432 failed: Network is unreachable'
NO_TENANT = 'connection to server at "1.2.3.4", port 5432 failed: FATAL:  Tenant or user not found'
WRONG = 'connection failed: FATAL:  password authentication failed for user "postgres"'


@pytest.mark.parametrize(
    ("name", "user", "error", "says"),
    [
        (DIRECT, "postgres", NO_IPV6, "user postgres.abcdefghijklmnopqrst"),
        (DIRECT, "postgres", "failed to resolve host 'db…'", "session pooler"),
        (DIRECT, "postgres", "connection timeout expired", "session pooler"),
        (DIRECT, "postgres", WRONG, ""),
        (POOLER, "postgres", NO_TENANT, "the user is postgres.PROJECTREF"),
        (POOLER, "postgres", WRONG, "the user is postgres.PROJECTREF"),
        (POOLER, "", WRONG, "the user is postgres.PROJECTREF"),
        (POOLER, "postgres.abc", NO_TENANT, "does not know this project"),
        (POOLER, "postgres.abc", WRONG, ""),
        (POOLER, "postgres", "failed to resolve host", ""),
        ("db.example.com", "postgres", NO_IPV6, ""),
    ],
)
def test_what_to_do_where_nobody_can_connect(name: str, user: str, error: str, says: str) -> None:
    remedy = providers.connection_remedy(name, user, error)
    assert says in remedy
    assert bool(says) == bool(remedy)
    assert "{" not in remedy
