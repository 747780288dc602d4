create or replace function bunkd.find_copy(p_schedule bunkd.schedule) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_here constant record := bunkd.read_identity();
begin
  if p_schedule.system_identifier <> v_here.system_identifier then
    return 'this database is a copy of the one that was provisioned (that one is in another cluster)';
  elsif p_schedule.database_oid <> v_here.database_oid then
    return 'this database is a copy of the one that was provisioned (that one is another database)';
  elsif p_schedule.system_identifier is not null and v_here.system_identifier is null then
    return 'this database is possibly a copy of the one that was provisioned (pg_control_system() answered there, not '
           'here)';
  elsif p_schedule.on_restore = 'go' then
    return null;
  elsif p_schedule.held is not null then
    return coalesce(p_schedule.held_because, 'this database looks restored from a backup');
  elsif p_schedule.timeline <> v_here.timeline then
    return bunkd.find_restore(p_schedule, v_here.timeline);
  end if;
  return null;  -- also what is not known: see bunkd.read_identity
end
$$;

comment on function bunkd.find_copy(bunkd.schedule) is
  'By what this database is told to be a copy of the one that was provisioned, in words; null: by nothing.';
