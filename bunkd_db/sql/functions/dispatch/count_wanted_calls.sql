create or replace function bunkd.count_wanted_calls(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_reason text,
  out wanted integer,
  out problem text,
  out again boolean
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_free bigint := p_schedule.max_in_flight;
  v_unsent bigint := 0;
  v_picked bigint := 0;
  v_fresh bigint := 0;
  v_early bigint := 0;
  v_waiting bigint;
  v_busy bigint;
  v_known bigint;
  v_calls bigint;
  v_one_comes boolean;
begin
  wanted := 0;
  again := false;
  problem := p_shape.problem;
  if problem is not null then
    return;
  end if;
  -- Stable, so slots and queue are seen in one snapshot: a job and the call that was sent for it, or neither.
  if exists (select from bunkd.slot s where s.schedule = p_schedule.name and s.call is not null) then
    select p_schedule.max_in_flight - count(*), count(*) filter (where o.unsent), count(*) filter (where o.picked),
           count(*) filter (where o.picked and o.taken > clock_timestamp() - interval '2 s'),
           count(*) filter (where o.picked and o.taken > clock_timestamp() - interval '5 s')
      into v_free, v_unsent, v_picked, v_fresh, v_early from bunkd.read_slots(p_schedule.name) as o;
  end if;
  if v_free <= 0 then
    return;
  elsif p_reason <> 'tick'
        and not bunkd.has_index(p_shape.queue, p_schedule.status_column, p_schedule.status_waiting) then
    -- Counting would scan the whole table at every write: one call, where none is about to claim a job.
    v_one_comes := v_unsent > 0 or p_schedule.mode = 'external' and v_fresh > 0;
    wanted := case when p_reason <> 'worker' and not v_one_comes then 1 else 0 end;
    return;
  end if;
  begin
    execute format('select count(*) from (select from %s where %s limit $1) as w', p_shape.queue, p_shape.claimable)
      into v_waiting using (v_free + v_unsent + v_picked) * p_schedule.jobs_per_call;
    if v_waiting = 0 then
      return;
    end if;
  exception
    when lock_not_available then
      problem := format('%s is locked; the next tick retries', p_shape.queue);
      return;
    when others then  -- a condition of the operator's that no longer fits, a view without the right behind it
      problem := bunkd.write_read_problem(p_shape.queue, sqlstate, sqlerrm);
      return;
  end;
  v_calls := ceil(v_waiting::numeric / p_schedule.jobs_per_call) - v_unsent;
  if p_schedule.on_timeout = 'release' and v_calls - v_picked >= v_free then
    wanted := v_free;  -- a backlog: there are jobs for all, whatever the calls under way have claimed
    return;
  end if;
  if v_picked > 0 or p_schedule.on_timeout = 'detach' then
    v_busy := bunkd.count_active(p_schedule, p_shape, p_known => false, p_limit => p_schedule.max_in_flight);
    if v_busy > 0 and p_schedule.on_timeout = 'detach' then
      v_known := bunkd.count_active(p_schedule, p_shape, p_known => true, p_limit => p_schedule.max_in_flight);
    end if;
  end if;
  -- An unsent call will claim a job, and so will one that is under way and has none yet; but not forever: one that
  -- found nothing, or has done its job, may be slow to end.
  wanted := v_calls - case when v_busy is null then v_fresh
                      else least(v_early, greatest(0, v_picked - v_busy)) end;
  wanted := least(wanted, v_free);
  if v_known is not null then
    wanted := least(wanted, p_schedule.max_in_flight - v_unsent - v_known);
  end if;
  again := v_free > greatest(wanted, 0) and v_calls > greatest(wanted, 0);
end
$$;

comment on function bunkd.count_wanted_calls(bunkd.schedule, bunkd.queue_shape, text) is
  'How many calls the waiting jobs want: min(ceil(claimable / jobs_per_call), free slots), less the calls under way '
  'that have no job yet. again: jobs wait beside a free slot, and who looks in a moment sees whether these calls '
  'have claimed them. Without an index that serves waiting a write wants one call and counts nothing, and a worker '
  'that looks by itself none.';
