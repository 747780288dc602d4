"""`bunkd-db call`: one call that an operator asked for, within the slots and counted in the ledger."""

from bunkd_db.manual.call import call
from bunkd_db.manual.called import Called, Via

__all__ = ["Called", "Via", "call"]
