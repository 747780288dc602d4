"""What stands between this client and the server."""

from __future__ import annotations

import re

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, warn
from bunkd_db.capabilities.registry import check


@check("pooler", order=40)
def pooler(context: Context) -> Finding:
    facts, provider = context.facts, context.provider
    address = f"{facts.host}:{facts.port}"
    named = any(re.search(pattern, address) for pattern in provider.pooled)
    if facts.pooling == "transaction" or named:
        better = f" Here that is {provider.direct}." if provider.direct else ""
        return warn(
            Code.TX_POOLER,
            "the connection goes through a transaction pooler; check and upgrade work through it",
            context.remedy(Code.TX_POOLER).text + better,
        )
    if facts.pooling == "proxy":
        return ok("the connection goes through a proxy or a session pooler")
    return ok("the connection goes straight to the server")
