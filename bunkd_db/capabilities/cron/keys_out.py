"""What is to be said of a key in a cron command, and how it gets out of there."""

from __future__ import annotations

from collections.abc import Iterable

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.cron.command import Read, Sender
from bunkd_db.capabilities.cron.keys import Mask
from bunkd_db.capabilities.cron.rows import CronJob
from bunkd_db.capabilities.finding import Finding, fail
from bunkd_db.capabilities.wording import some_of

_IN_VAULT = "(select decrypted_secret from vault.decrypted_secrets where name = 'cron_job_{}')"
_IN_TABLE = "(select value from cron_job_{}.key)"
_TO_VAULT: tuple[str, ...] = ("select vault.create_secret('THE_NEW_KEY', 'cron_job_{0}');",)
# a schema of its own: nobody but its owner can reach what is in it
_TO_TABLE: tuple[str, ...] = (
    "create schema cron_job_{0};",
    "create table cron_job_{0}.key as select 'THE_NEW_KEY'::text as value;",
)
_ALTER = "select cron.alter_job({}, command := $cron$ {} $cron$);"
_NET = (
    "select net.http_post(url := {}, headers := {}, body := '{{}}', timeout_milliseconds := 30000)"
)
_NET_HEADERS = "jsonb_build_object('Content-Type', 'application/json'{})"
_HTTP = "select status from http(('POST', {}, {}, 'application/json', '{{}}')::http_request)"
_BODY = "select pg_get_functiondef({});"
_YOURS = "put your own values in the place of the words in capitals"


def keys_of(job: CronJob, read: Read, mask: Mask, has_vault: bool) -> Iterable[Finding]:
    """Give the keys that others can read, also those of a job that is switched off."""
    for in_url, code in ((False, Code.KEY_IN_COMMAND), (True, Code.KEY_IN_URL)):
        places = list(dict.fromkeys(k.place for k in read.keys if k.in_url is in_url))
        if places:
            detail = f"the command holds a key, in {some_of(places)}"
            why = "; anybody who can read cron.job can read it"
            if in_url:
                why += ", and it is in the logs of the server that is called"
            remedy, *commands = _out_of_command(job, read, mask, has_vault, in_url=in_url)
            yield fail(code, detail + why, remedy, *commands)
    by_function = {(mask.line(source.signature), key.place): source.id for source, key in read.kept}
    for (signature, place), id in by_function.items():
        remedy, *commands = _out_of_function(job, has_vault, id)
        yield fail(
            Code.KEY_IN_FUNCTION,
            f"function {signature} holds a key, in {place}; every role of this database can read it",
            remedy,
            *commands,
        )


def _out_of_command(
    job: CronJob, read: Read, mask: Mask, has_vault: bool, *, in_url: bool
) -> Iterable[str]:
    role = mask.line(job.role, 63)
    if not job.here:
        yield (
            f"Rotate the key, and keep the new one in database {mask.line(job.database, 63)}, in"
            f" its Vault or in a table that only role {role} can read. Let the command select it there."
        )
        return
    if has_vault:
        yield (
            f"Rotate the key, keep the new one in Vault, and let the command read it there. As role"
            f" {role} ({_YOURS}):"
        )
        store, secret = _TO_VAULT, _IN_VAULT
    else:
        yield (
            "Rotate the key, and take it out of the command. This database has no Vault. If"
            " bunkd-db's own schedule calls the same function, let it take the job's place with the"
            f" first command. Otherwise keep the new key in a table that only role {role} can read,"
            f" in plain text also in dumps, with the others, as that role ({_YOURS}):"
        )
        yield "bunkd-db upgrade"
        store, secret = _TO_TABLE, _IN_TABLE
    yield from (command.format(job.id) for command in store)
    yield _ALTER.format(job.id, _call(read, secret.format(job.id), in_url))


def _call(read: Read, secret: str, in_url: bool) -> str:
    """Return a call that selects its key, in the place where it is now."""
    url = f"'https://URL_UP_TO_THE_KEY' || {secret}" if in_url else "'https://URL'"
    bearer = f"'Bearer ' || {secret}"
    if read.calls and all(call.sender is Sender.HTTP for call in read.calls):
        headers = "null" if in_url else f"array[http_header('Authorization', {bearer})]"
        return _HTTP.format(url, headers)
    headers = _NET_HEADERS.format("" if in_url else f", 'Authorization', {bearer}")
    return _NET.format(url, headers)


def _out_of_function(job: CronJob, has_vault: bool, function: int) -> Iterable[str]:
    if has_vault:
        place, store, secret = "in Vault", _TO_VAULT, _IN_VAULT
    else:
        place, store, secret = (
            "in a table that only the function's owner can read, as this database has no Vault",
            _TO_TABLE,
            _IN_TABLE,
        )
    yield (
        f"Rotate the key, keep the new one {place}, and end the function's literal where the key"
        f" begins: 'Bearer ' || {secret.format(job.id)}. Store it ({_YOURS}), and get the text to"
        " correct with the last command:"
    )
    yield from (command.format(job.id) for command in store)
    yield _BODY.format(function)
