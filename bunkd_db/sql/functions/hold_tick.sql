create or replace function bunkd.hold_tick(p_schedule text, p_wait boolean) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '30s'
as $$
begin
  -- A row of ours: an advisory lock could be taken, and kept, by any role that may log in.
  if not exists (select from bunkd.last_tick t where t.schedule = p_schedule) then  -- a crash empties the table
    begin
      perform set_config('lock_timeout', case when p_wait then '30s' else '50ms' end, true);
      insert into bunkd.last_tick (schedule) values (p_schedule) on conflict do nothing;
    exception when lock_not_available then  -- whoever is at work is the first since then
      if p_wait then
        raise;
      end if;
      return false;
    end;
  end if;
  if p_wait then
    perform from bunkd.last_tick t where t.schedule = p_schedule for update;
  else
    perform from bunkd.last_tick t where t.schedule = p_schedule for update skip locked;
  end if;
  return found;
end
$$;

comment on function bunkd.hold_tick(text, boolean) is
  'Keeps other ticks of this schedule away until the end of the transaction; false where one is at work and p_wait is not set. An upgrade waits for the tick that is at work before it locks anything that this may want, the queue above all.';
