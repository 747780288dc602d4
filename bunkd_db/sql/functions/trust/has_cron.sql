create or replace function bunkd.has_cron() returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return bunkd.find_relation('pg_cron', 'cron', 'job') is not null and has_schema_privilege('cron', 'usage');
end
$$;

comment on function bunkd.has_cron() is
  'Whether cron.job is pg_cron''s and this role may name it. To be asked in a statement of its own: a view in its '
  'place could run code when a statement that names it is planned.';
