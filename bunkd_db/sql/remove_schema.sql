drop table if exists bunkd.alembic_version;
do $$
begin
  drop schema bunkd;
exception when dependent_objects_still_exist then
  raise notice 'schema bunkd stays: it holds objects that are not of bunkd-db';
end
$$;
