create or replace function bunkd.has_wake(p_schedule bunkd.schedule) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from pg_trigger t
     where t.tgrelid = to_regclass(p_schedule.queue_table) and t.tgname = 'bunkd_insert_' || p_schedule.name
       and t.tgenabled = 'O' and /* shared/calls_wake */);
exception when insufficient_privilege then
  return false;  -- the queue's schema is closed to us
end
$$;

comment on function bunkd.has_wake(bunkd.schedule) is 'Whether a write to the queue causes a wake.';
