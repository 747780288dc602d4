create or replace function bunkd.worker_exchange(p_schedule text, p_worker text, p_state jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning the small look-ups anew would cost more than they do
set lock_timeout = '2s'
as $$
declare
  v_schedule bunkd.schedule;
  v_problem text;
  v_fenced boolean;
  v_worked boolean;
  v_tick timestamptz;
  v_every interval;
  v_new boolean;
  v_due boolean;
  v_shape record;
  v_notes text[];
  v_budget record;
  v_back_off text;
  v_calls jsonb := '[]';
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'bunkd: a worker needs READ COMMITTED, this transaction is %', current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state';
  elsif p_worker !~ '^[A-Za-z0-9._-]{1,80}$' then
    raise exception 'bunkd: not a name for a worker' using errcode = 'invalid_parameter_value';
  end if;
  select * into v_schedule from bunkd.schedule where name = p_schedule;
  if not found then
    raise exception 'there is no schedule %', p_schedule using errcode = 'invalid_parameter_value';
  elsif v_schedule.mode = 'external' or p_state -> 'answers' <> '[]' then
    -- One at a time, and no tick or upgrade beside: two that look at once would both send for the same job.
    perform bunkd.hold_tick(p_schedule, true);
    select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  end if;
  v_new := bunkd.see_worker(p_schedule, p_worker, p_state);
  v_worked := bunkd.settle_answers(v_schedule, p_worker, p_state);

  v_problem := bunkd.fence(v_schedule);
  v_fenced := v_problem is not null;
  if v_problem is null and v_schedule.mode = 'native' and v_worked is not null then
    perform bunkd.dispatch(p_schedule, 'refill');  -- the database goes on with the slots that it had lent
  elsif v_problem is null and v_schedule.mode = 'external' then
    v_every := make_interval(secs => bunkd.every_seconds(v_schedule));
    select t.at into v_tick from bunkd.last_tick t where t.schedule = p_schedule;
    -- Who cannot call while others could leaves the tick to them: it may be the one with the probe.
    v_due := (v_tick is null or v_tick not between clock_timestamp() - v_every and clock_timestamp() + interval '1 minute')
      and ((p_state -> 'room')::integer > 0
           or not exists (select from bunkd.slot s where s.schedule = p_schedule and s.request is null and s.n <= v_schedule.max_in_flight));
    if v_due then
      v_tick := clock_timestamp();
      perform bunkd.prune(p_schedule);
      delete from bunkd.worker w where w.schedule = p_schedule and w.seen < v_tick - interval '1 day';
    end if;
    if v_due or v_new then  -- the first worker of all finds no wake on the queue
      v_shape := bunkd.queue_shape(v_schedule);
      v_notes := bunkd.maintain(v_schedule, v_shape);
    end if;
    if exists (select from bunkd.slot s where s.schedule = p_schedule and s.detached) then
      v_shape := coalesce(v_shape, bunkd.queue_shape(v_schedule));
      perform bunkd.free_detached(v_schedule, v_shape);
    end if;
    if (p_state -> 'room')::integer > 0 and (v_due or v_schedule.wake) then
      v_budget := bunkd.budget(v_schedule, v_shape,
        case when v_due then 'tick' when v_worked then 'refill' when (p_state -> 'woken')::boolean then 'wake' else 'worker' end, 0);
      v_problem := v_budget.problem;
      v_back_off := v_budget.back_off;
      if v_budget.calls > 0 then
        v_calls := bunkd.take(v_schedule, v_budget.reason, least(v_budget.calls, (p_state -> 'room')::integer), p_worker);
      end if;
    end if;
    if v_due then
      perform bunkd.note_tick(p_schedule, array_to_string(v_notes || v_problem, '; '), v_back_off);
    end if;
  end if;
  return jsonb_build_object(
    'mode', v_schedule.mode,
    'fenced', v_fenced,
    'paused', v_schedule.paused,
    'problem', v_problem,
    'back_off', v_back_off,
    'calls', v_calls,
    'url', v_schedule.url,
    'headers', v_schedule.headers,
    'body', v_schedule.body,
    'credential_header', v_schedule.credential_header,
    'timeout_ms', v_schedule.timeout_ms,
    'max_in_flight', v_schedule.max_in_flight,
    -- none where one is due and left to others: who cannot call must not ask without a pause
    'next_tick', case when v_tick + v_every > clock_timestamp() then extract(epoch from v_tick + v_every - clock_timestamp()) end,
    'hears', not v_schedule.wake or bunkd.hears(p_schedule) and bunkd.is_attached(v_schedule));
end
$$;

comment on function bunkd.worker_exchange(text, text, jsonb) is
  'All that a worker needs: it says how its calls ended (answers), how many more it can make (room), whether it listens and was woken; it gets the calls to make, with everything but the credential. Settles, ticks where one is due, and takes slots as a tick or a wake does. Stands down where the database itself makes the calls, or is a copy.';
