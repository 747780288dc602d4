create or replace function bunkd.demand(
  p_schedule bunkd.schedule,
  p_reason text,
  p_free integer,
  p_unsent integer,
  p_picked integer,
  p_fresh integer,
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
  v_shape record;
  v_waiting bigint;
  v_active bigint;
begin
  wanted := 0;
  v_shape := bunkd.queue_shape(p_schedule);
  problem := v_shape.problem;
  if problem is not null then
    return;
  elsif p_reason <> 'tick' and not v_shape.waiting_indexed then
    wanted := case when p_unsent = 0 then 1 else 0 end;  -- counting would scan the whole table at every write
    return;
  end if;
  begin
    execute format('select count(*) from (select from %s where %s limit $1) as w', v_shape.queue, v_shape.claimable)
      into v_waiting using (p_free + p_unsent + p_picked) * p_schedule.jobs_per_call;
    if v_waiting = 0 then
      return;
    end if;
    if v_shape.active_indexed and (p_picked > 0 or p_schedule.on_timeout = 'detach') then
      -- A row that is active for longer than its function can live belongs to nobody: it must not hold back a call.
      execute format('select count(*) from (select from %s where %s limit $1) as a', v_shape.queue, v_shape.active
                || case when v_shape.started_column is null then ''
                   else format(' and %I > clock_timestamp() - interval %L', v_shape.started_column,
                          case when p_schedule.on_timeout = 'detach' then coalesce(nullif(p_schedule.rescue_after, '0'), interval '10 minutes')
                               else make_interval(secs => p_schedule.timeout_ms / 1000.0 + 5) end) end)
        into v_active using p_schedule.max_in_flight;
    end if;
  exception when lock_not_available then
    problem := format('%s is locked, the next tick looks again', v_shape.queue);
    return;
  end;
  -- An unsent call will claim a job, and so will one that is under way and has none yet.
  wanted := ceil(v_waiting::numeric / p_schedule.jobs_per_call) - p_unsent
    - case when v_active is null then p_fresh else greatest(0, p_picked - v_active) end;
  wanted := least(wanted, p_free);
  if p_schedule.on_timeout = 'detach' and v_active is not null then
    wanted := least(wanted, p_schedule.max_in_flight - p_unsent - v_active);
  end if;
end
$$;

comment on function bunkd.demand(bunkd.schedule, text, integer, integer, integer, integer) is
  'How many calls the waiting jobs want: min(ceil(claimable / jobs_per_call), free slots), less the calls under way that have no job yet. Without an index that serves waiting a write wants one call and counts nothing.';
