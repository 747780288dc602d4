create or replace function bunkd.can_change_jobs() returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return not exists (select from cron.job j where not exists (select from pg_roles r where r.rolname = j.username));
end
$$;

comment on function bunkd.can_change_jobs() is
  'Whether a cron job may be changed now: pg_cron''s scheduler ends, for everybody, when any changes while the role of '
  'one is gone.';
