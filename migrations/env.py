from bunkd_db import migration

migration.run()
