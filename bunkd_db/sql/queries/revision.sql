select version_num as revision from bunkd.alembic_version
