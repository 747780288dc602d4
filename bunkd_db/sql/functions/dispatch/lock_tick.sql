create or replace function bunkd.lock_tick(p_schedule text, p_wait boolean) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '30s'
as $$
declare
  v_holders record;
begin
  -- A row of ours: an advisory lock could be taken, and kept, by any role that may log in.
  perform from bunkd.last_tick t where t.schedule = p_schedule for update skip locked;
  if found then
    return true;
  end if;
  begin
    if not exists (select from bunkd.last_tick t where t.schedule = p_schedule) then  -- a crash empties the table
      perform set_config('lock_timeout', case when p_wait then '30s' else '50ms' end, true);
      insert into bunkd.last_tick (schedule) values (p_schedule) on conflict do nothing;
      perform from bunkd.last_tick t where t.schedule = p_schedule for update skip locked;
      if found then
        return true;
      end if;
    end if;
    if p_wait then
      perform from bunkd.last_tick t where t.schedule = p_schedule for update;
    end if;
    return p_wait and found;
  exception when lock_not_available then
    if not p_wait then  -- whoever is at work is the first since the crash
      return false;
    end if;
    v_holders := bunkd.find_lock_holders('bunkd.last_tick');
    raise exception 'the tick of schedule % is held by %', p_schedule,
      coalesce(v_holders.names, 'a transaction that cannot be seen')
      using errcode = 'lock_not_available',
        hint = coalesce('To end it: ' || v_holders.ending, 'Look for long transactions in pg_stat_activity.');
  end;
end
$$;

comment on function bunkd.lock_tick(text, boolean) is
  'Keeps other ticks of this schedule away until the end of the transaction; false where one is at work and p_wait is '
  'not set, else an error that names it. An upgrade waits for the tick that is at work before it locks anything that '
  'this may want, the queue above all.';
