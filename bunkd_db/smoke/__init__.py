"""`bunkd-db smoke`: a test job in, and what becomes of it."""

from bunkd_db.smoke.application import Application, through_application
from bunkd_db.smoke.disconnect import Conclusion, Verdict, disconnect
from bunkd_db.smoke.preview import Preview, preview
from bunkd_db.smoke.queue import smoke
from bunkd_db.smoke.step import Kind, Smoked, Step

__all__ = [
    "Application",
    "Conclusion",
    "Kind",
    "Preview",
    "Smoked",
    "Step",
    "Verdict",
    "disconnect",
    "preview",
    "smoke",
    "through_application",
]
