create or replace function bunkd.demand(
  p_schedule bunkd.schedule,
  p_shape record,
  p_reason text,
  out wanted integer,
  out problem text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_slots record;
  v_waiting bigint;
  v_active bigint;
begin
  wanted := 0;
  problem := p_shape.problem;
  if problem is not null then
    return;
  end if;
  -- Stable, so slots and queue are seen in one snapshot: a job and the call that was sent for it, or neither.
  select p_schedule.max_in_flight - count(*) as free, count(*) filter (where o.unsent) as unsent,
         count(*) filter (where o.picked) as picked,
         count(*) filter (where o.picked and o.taken > clock_timestamp() - interval '2 s') as fresh
    into v_slots from bunkd.observe(p_schedule.name) as o;
  if v_slots.free <= 0 then
    return;
  elsif p_reason <> 'tick' and not bunkd.is_indexed(p_shape.queue, p_schedule.status_column, p_schedule.status_waiting) then
    wanted := case when v_slots.unsent = 0 and p_reason <> 'worker' and (p_schedule.mode = 'native' or v_slots.fresh = 0) then 1 else 0 end;  -- counting would scan the whole table at every write
    return;
  end if;
  begin
    execute format('select count(*) from (select from %s where %s limit $1) as w', p_shape.queue, p_shape.claimable)
      into v_waiting using (v_slots.free + v_slots.unsent + v_slots.picked) * p_schedule.jobs_per_call;
    if v_waiting = 0 then
      return;
    end if;
    if (v_slots.picked > 0 or p_schedule.on_timeout = 'detach')
       and bunkd.is_indexed(p_shape.queue, p_schedule.status_column, p_schedule.status_active) then
      execute format('select count(*) from (select from %s where %s limit $1) as a', p_shape.queue, bunkd.active_condition(p_schedule, p_shape))
        into v_active using p_schedule.max_in_flight;
    end if;
  exception
    when lock_not_available then
      problem := format('%s is locked, the next tick looks again', p_shape.queue);
      return;
    when others then  -- a condition of the operator's that no longer fits, a view without the right behind it
      problem := format('%s cannot be read: %s', p_shape.queue, sqlerrm);
      return;
  end;
  -- An unsent call will claim a job, and so will one that is under way and has none yet.
  wanted := ceil(v_waiting::numeric / p_schedule.jobs_per_call) - v_slots.unsent
    - case when v_active is null then v_slots.fresh else greatest(0, v_slots.picked - v_active) end;
  wanted := least(wanted, v_slots.free);
  if p_schedule.on_timeout = 'detach' and v_active is not null then
    wanted := least(wanted, p_schedule.max_in_flight - v_slots.unsent - v_active);
  end if;
end
$$;

comment on function bunkd.demand(bunkd.schedule, record, text) is
  'How many calls the waiting jobs want: min(ceil(claimable / jobs_per_call), free slots), less the calls under way that have no job yet. Without an index that serves waiting a write wants one call and counts nothing, and a worker that looks by itself none.';
