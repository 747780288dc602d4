"""`python -m bunkd_db`."""

from bunkd_db.cli import main

main()
