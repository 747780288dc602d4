create or replace function bunkd.lock_slots(p_gives boolean) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  -- Who gives slots back excludes the others until its commit, who only takes them does not: so somebody who finds no
  -- slot has committed its job before a giver looks, or looks itself after the giver's commit. No wake-up is lost.
  if p_gives then
    -- Twenty functions that end together queue up here; past the gate two of them would send for the same job.
    perform set_config('lock_timeout', '250ms', true);
    lock table bunkd.gate in exclusive mode;
  else
    lock table bunkd.gate in row share mode;
  end if;
exception when lock_not_available or deadlock_detected then
  -- For liveness only: the bound rests on the slots' row locks, and the next tick looks again.
  null;
end
$$;

comment on function bunkd.lock_slots(boolean) is
  'Orders dispatches that give slots back before those that look for one; a writer waits 50 ms at most, a function '
  'that ends its job 250 ms.';
