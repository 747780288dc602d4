"""Who a server belongs to, by evidence; and remedies that can be filled in."""

import re
from pathlib import Path

import pytest

from bunkd_db import providers
from bunkd_db.external.registry import options
from bunkd_db.providers import Found, Provider

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
    "role": "app",
    "asker": "app",
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
        assert set(texts) <= {"any", "pg_cron", "pg_net"}
        for extension in ("pg_cron", "pg_net"):
            text = provider.remedy(code, extension, **WORDS)
            assert text
            assert not re.search(r"\{[a-z_]*\}", text)
    assert set(provider.near) <= set(options())
    assert bool(provider.pooled) == bool(provider.direct)


def test_generic_words_for_every_code_that_a_provider_words() -> None:
    codes = {code for provider in providers.known() for code in provider.remedies}
    assert codes <= set(providers.generic().remedies)


def test_a_new_provider_is_one_file(tmp_path: Path) -> None:
    file = tmp_path / "acme.toml"
    file.write_text(
        "title = \"Acme\"\norder = 1\n[evidence]\nhosts = ['\\.acme\\.test$']\n"
        '[remedies.NO_FILES]\nany = "Ask Acme for {extension}."\n'
    )
    acme = providers.load(file)
    assert acme.matches(host("db.acme.test"))
    assert acme.remedy("NO_FILES", "pg_net", **WORDS) == "Ask Acme for pg_net."
    assert "restart" in acme.remedy("NOT_PRELOADED", "pg_net", **WORDS)
