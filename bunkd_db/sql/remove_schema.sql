drop table if exists bunkd.alembic_version;
do $$
declare
  v_timeout constant text := pg_catalog.current_setting('lock_timeout');
begin
  -- Any role may hold the schema, and the queue is locked by now: one that cannot be had at once stays, empty.
  perform pg_catalog.set_config('lock_timeout', '50ms', true);
  drop schema bunkd;
  perform pg_catalog.set_config('lock_timeout', v_timeout, true);
exception
  when dependent_objects_still_exist then
    raise notice 'schema bunkd stays: it holds objects that are not of bunkd-db';
  when lock_not_available then
    raise notice 'schema bunkd stays, empty: a session holds it';
end
$$;
