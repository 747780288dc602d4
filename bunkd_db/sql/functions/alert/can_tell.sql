create or replace function bunkd.can_tell(p_schedule bunkd.schedule) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_here constant record := bunkd.read_identity();
begin
  return p_schedule.database_oid = v_here.database_oid
     and p_schedule.system_identifier is not distinct from
         coalesce(v_here.system_identifier, p_schedule.system_identifier);
end
$$;

comment on function bunkd.can_tell(bunkd.schedule) is
  'Whether this database sends messages about a schedule: a copy sends none, because it would send them for the '
  'original. One that is restored tells that it is held.';
