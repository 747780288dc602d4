create or replace function bunkd.lock_slots() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '250ms'
as $$
begin
  -- Who gives slots back excludes the others until its commit, who only takes them does not: so somebody who finds no
  -- slot has committed its job before a giver looks, or looks itself after the giver's commit. No wake-up is lost.
  -- Twenty functions that end together queue up here; past the gate two of them would send for the same job.
  lock table bunkd.gate in exclusive mode;
exception when lock_not_available or deadlock_detected then
  -- For liveness only: the bound rests on the slots' row locks, and the next tick looks again.
  null;
end
$$;

comment on function bunkd.lock_slots() is
  'Orders those who give slots back: each waits 250 ms at most for the one before. Who only looks for a free slot '
  'locks bunkd.gate in ROW SHARE mode, and waits 50 ms at most.';
