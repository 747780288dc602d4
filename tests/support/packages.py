"""The PostgreSQL packages at hand: Debian's, in /usr/lib/postgresql."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import Unavailable
from tests.support.supabase import cron_of, http_of, net_of

BASE = Path("/usr/lib/postgresql")
SHARE = Path("/usr/share/postgresql")
REMEDY = "apt-get install postgresql-15 postgresql-15-cron postgresql-15-pgextwlist"


@dataclass(frozen=True)
class Packages:
    """The programs and extension files of one major version."""

    major: int
    bin: Path
    extensions: Path

    def __str__(self) -> str:
        cron = cron_of(self.major, self.extensions)
        net = net_of(self.major, self.extensions)
        http = http_of(self.major, self.extensions)
        said = f"PostgreSQL {self.version()}, pg_cron {cron}, pg_net {net}"
        return f"{said}, pgsql-http {http}" if http else said

    def version(self) -> str:
        said = subprocess.run(
            [self.bin / "postgres", "--version"], check=True, capture_output=True, text=True
        )
        return said.stdout.split()[2]


def probe() -> str:
    """Which versions a cluster would have, without starting one."""
    return str(find())


def find() -> Packages:
    """The newest version that also has pg_cron and pgextwlist."""
    missing: list[str] = []
    majors = sorted((int(p.name) for p in BASE.glob("[0-9]*") if p.name.isdigit()), reverse=True)
    for major in majors:
        found = Packages(major, BASE / f"{major}/bin", SHARE / f"{major}/extension")
        lacking = _lacking(found)
        if not lacking:
            return found
        missing.append(f"PostgreSQL {major} lacks {', '.join(lacking)}")
    what = "; ".join(missing) or f"no PostgreSQL packages in {BASE}"
    raise Unavailable(f"{what} (Debian: {REMEDY})")


def _lacking(found: Packages) -> list[str]:
    if not (found.bin / "postgres").is_file():
        return [f"postgresql-{found.major}"]
    needed = {
        f"postgresql-{found.major}-cron": found.extensions / "pg_cron.control",
        f"postgresql-{found.major}-pgextwlist": BASE / f"{found.major}/lib/plugins/pgextwlist.so",
    }
    return [package for package, file in needed.items() if not file.is_file()]
