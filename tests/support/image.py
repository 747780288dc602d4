"""The image of the container: a setting, or one built once from Debian's packages."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.support.engine import DockerException, ImageNotFound, engine
from tests.support.server import Unavailable
from tests.support.supabase import net_of

SETTING = "BUNKD_TEST_IMAGE"
MIRROR_SETTING = "BUNKD_TEST_DEBIAN_MIRROR"
OWN = "bunkd-db-test:17"
PUBLIC = "public.ecr.aws/supabase/postgres:17.6.1.011"
MAJOR = 17
SUITE = "trixie"
PACKAGES = (
    f"postgresql-{MAJOR}",
    f"postgresql-{MAJOR}-cron",
    f"postgresql-{MAJOR}-pgextwlist",
    f"postgresql-{MAJOR}-plpgsql-check",
    f"postgresql-{MAJOR}-http",
    "libcurl4t64",
    "ca-certificates",
)
REMEDY = (
    f"set {SETTING} to an image that can be pulled (supabase/postgres:TAG), or, as root on Debian, "
    "apt-get install docker.io debootstrap"
)


def probe() -> str:
    """What a container would be made of, without making anything yet."""
    client = engine()
    try:
        name = _choose(client)
        if not is_own(name):
            return name if _is_ready(client, name) else f"{name} (to be pulled)"
        net = net_of(MAJOR)
        if not _is_ready(client, name):
            return f"{OWN} (to be built: about a minute), pg_net {net}"
        return f"{OWN} ({client.images.get(OWN).labels.get('versions', '')}), pg_net {net}"
    finally:
        client.close()


def is_here() -> bool:
    """Whether a container can start at once: nothing is to be built or pulled first."""
    client = engine()
    try:
        return _is_ready(client, _choose(client))
    finally:
        client.close()


def ensure_image() -> str:
    """The name of an image that is here; pulls or builds it where it is not."""
    client = engine()
    try:
        name = _choose(client)
        if _is_ready(client, name):
            return name
        if name == OWN:
            build(OWN)
            return name
        try:
            client.images.pull(name)
        except DockerException as error:
            raise Unavailable(f"the image {name} cannot be pulled ({error}): {REMEDY}") from None
        return name
    finally:
        client.close()


def is_own(name: str) -> bool:
    """Whether the image holds Debian's packages only, and is ours to configure."""
    return name.startswith("bunkd-db-test:")


def has_http(name: str) -> bool:
    """Whether the image has pgsql-http: ours since it names what is in it, Supabase's always."""
    if not is_own(name):
        return True
    client = engine()
    try:
        return f"postgresql-{MAJOR}-http" in client.images.get(name).labels.get("packages", "")
    finally:
        client.close()


def build(name: str) -> None:
    """debootstrap a minimal Debian with PostgreSQL, and import it."""
    _check_tools()
    folder = Path(tempfile.mkdtemp(prefix="bunkd-db-image-"))
    try:
        mirror = os.environ.get(MIRROR_SETTING)
        _run(
            "debootstrap",
            "--variant=minbase",
            f"--include={','.join(PACKAGES)}",
            SUITE,
            str(folder),
            *([mirror] if mirror else []),
        )
        versions = _versions(folder)
        # The packages make a cluster of their own, which nobody needs.
        for waste in ("var/lib/postgresql", "var/cache/apt", "usr/share/doc", "usr/share/man"):
            shutil.rmtree(folder / waste, ignore_errors=True)
        archive = folder.with_suffix(".tar")
        try:
            _run("tar", "--numeric-owner", "-C", str(folder), "-cf", str(archive), ".")
            labels = f'LABEL versions="{versions}" packages="{" ".join(PACKAGES)}"'
            _run("docker", "import", "--change", labels, str(archive), name)
        finally:
            archive.unlink(missing_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _versions(folder: Path) -> str:
    parts = {"PostgreSQL": "", "pg_cron": "-cron", "pgsql-http": "-http"}
    names = [f"postgresql-{MAJOR}{suffix}" for suffix in parts.values()]
    query = ("dpkg-query", f"--admindir={folder}/var/lib/dpkg", "-W", "-f=${Version}")
    versions = [_run(*query, name).split("-")[0] for name in names]
    return ", ".join(f"{part} {version}" for part, version in zip(parts, versions, strict=True))


def _choose(client: Any) -> str:
    """The setting; else our own image, where it is or can be built; else Supabase's."""
    named = os.environ.get(SETTING)
    if named:
        return named
    return OWN if not _missing_tools() or _exists(client, OWN) else PUBLIC


def _check_tools() -> None:
    if lacking := _missing_tools():
        raise Unavailable(f"building the image {OWN} needs {lacking}: {REMEDY}")


def _missing_tools() -> str:
    missing = [tool for tool in ("debootstrap", "docker") if shutil.which(tool) is None]
    return " and ".join(missing if os.geteuid() == 0 else [*missing, "root"])


def _is_ready(client: Any, name: str) -> bool:
    """Whether it is here; one of ours that lacks a package counts only where none can be built."""
    if name != OWN or not _exists(client, name) or _missing_tools():
        return _exists(client, name)
    return set(PACKAGES) <= set(client.images.get(name).labels.get("packages", "").split())


def _exists(client: Any, name: str) -> bool:
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout)[-2000:]
        raise Unavailable(f"{command[0]} failed:\n{said}") from error
    return done.stdout
