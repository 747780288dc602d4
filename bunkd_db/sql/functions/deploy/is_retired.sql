create or replace function bunkd.is_retired(p_schedule bunkd.schedule) returns boolean
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return p_schedule.deployed ? 'retired';
end
$$;

comment on function bunkd.is_retired(bunkd.schedule) is
  'Whether the file that made a schedule no longer declares it, so that it makes no calls, whatever pause it has '
  'besides. Whoever resumes it by name takes it back into use.';
