create or replace function bunkd.write_upgrade(p_schedule bunkd.schedule) returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return 'bunkd-db upgrade'
    || case when p_schedule.deployed ? 'by' then ' --schedule ' || p_schedule.name else '' end;
end
$$;

comment on function bunkd.write_upgrade(bunkd.schedule) is
  'The command whose variables are about this schedule: one that an upgrade was given by name, or by a file, is named.';
