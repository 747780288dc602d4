create or replace function bunkd.has_moved(p_schedule bunkd.schedule, p_progress bigint) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_progress <> bunkd.read_progress(p_schedule.name) then
    return true;
  end if;
  -- A claim through a partition or a child table passes the queue's triggers by, and so does one while they are off.
  return case when p_progress is not null and exists (
    select from pg_class c
     where c.oid = to_regclass(p_schedule.queue_table) and c.relkind = 'r' and not c.relispartition
       and not c.relhassubclass
       and (select count(*) from pg_trigger t
             where t.tgrelid = c.oid and t.tgenabled = 'O'
               and t.tgname in ('bunkd_update_' || p_schedule.name, 'bunkd_delete_' || p_schedule.name)
               and /* shared/calls_wake */) = 2) then false
  end;
exception when insufficient_privilege then
  return null;  -- the queue's schema is closed to us
end
$$;

comment on function bunkd.has_moved(bunkd.schedule, bigint) is
  'Whether a job of this schedule has left the waiting or the active state since bunkd.read_progress was p_progress; '
  'null where nothing would tell.';
