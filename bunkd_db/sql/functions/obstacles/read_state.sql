create or replace function bunkd.read_state(
  p_schedule text,
  out last_tick timestamptz,
  out problem text,
  out back_off text,
  out slots_in_use bigint,
  out workers bigint,
  out failed_wakes bigint
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  if pg_is_in_recovery() then
    problem := 'this is a standby: the last tick, the slots and the workers are known only to its primary';
    return;
  end if;
  select t.at, nullif(concat_ws('; ', t.wake_problem, t.rescue_problem, t.problem), ''), t.back_off
    into read_state.last_tick, read_state.problem, read_state.back_off
    from bunkd.last_tick t where t.schedule = p_schedule;
  select count(*) into slots_in_use from bunkd.slot s where s.schedule = p_schedule and s.call is not null;
  select count(*) into workers from bunkd.worker w
   where w.schedule = p_schedule and /* shared/worker_alive */;
  select case when w.is_called then w.last_value else 0 end into failed_wakes from bunkd.wake_failed w;
exception when lock_not_available then
  problem := 'a table of bunkd-db is locked'
    || coalesce(': ' || (bunkd.find_lock_holders('bunkd.last_tick')).names, '');
end
$$;

comment on function bunkd.read_state(text) is
  'What bunkd.status shows of unlogged tables: a view that named them could not be read on a standby. Nulls there. '
  'SECURITY DEFINER, because a view''s functions run as its reader.';
