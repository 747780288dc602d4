create or replace function bunkd.worker_exchange_v1(p_schedule text, p_worker text, p_state jsonb) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- re-planning these small look-ups costs more than running them
set jit = off  -- a session that has a kind of plan switched off would compile each of them: seconds a time
set lock_timeout = '2s'
as $$
declare
  v_schedule bunkd.schedule;
  v_looked record;
  v_problem text;
  v_fenced boolean;
  v_worked boolean;
  v_empty bigint[];
  v_next timestamptz;
  v_new boolean;
  v_due boolean;
  v_shape bunkd.queue_shape;
  v_done record;
  v_back_off text;
  v_again boolean := false;
  v_reason text;
  v_calls bigint[] := '{}';
  v_messages jsonb := '[]';
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a worker needs READ COMMITTED, but this transaction is %', current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state';
  elsif p_worker !~ '^[A-Za-z0-9._-]{1,80}$' or p_worker = 'lanes' then  -- a call for lanes is nobody else's to end
    raise exception 'the worker''s name is not valid' using errcode = 'invalid_parameter_value';
  elsif p_state ->> 'protocol' is distinct from '1' then
    raise exception 'this worker speaks protocol %, but this database speaks protocol 1',
      coalesce(p_state ->> 'protocol', 'none')
      using errcode = 'object_not_in_prerequisite_state', hint = 'Install the bunkd-db that upgraded the database.';
  end if;
  -- what is taken below is kept until the commit: a session that forgets it must not stop the others
  perform set_config('idle_in_transaction_session_timeout', '5s', true);
  select * into v_schedule from bunkd.schedule where name = p_schedule;
  if not found then
    raise exception 'there is no schedule %', p_schedule using errcode = 'invalid_parameter_value';
  elsif v_schedule.mode = 'external' or p_state -> 'answers' <> '[]' then
    -- One at a time, and no tick or upgrade beside: two that look at once would both send for the same job.
    perform bunkd.lock_tick(p_schedule, p_wait => true);
    select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  end if;
  v_new := bunkd.record_heartbeat(p_schedule, p_worker, p_state);
  select r.worked, r.empty into v_worked, v_empty from bunkd.settle_answers(v_schedule, p_worker, p_state) as r;

  if v_schedule.mode = 'external' then
    v_looked := bunkd.check_copy(v_schedule);
    v_schedule := bunkd.end_pause(v_looked.schedule);
    v_problem := v_looked.problem;
  else
    v_problem := bunkd.fence(v_schedule);
  end if;
  v_fenced := v_problem is not null;
  if v_problem is null and v_schedule.mode = 'native' and v_schedule.wake and v_worked is not null then
    perform bunkd.dispatch(v_schedule, 'refill');  -- the database goes on with the slots that it had lent
  elsif v_problem is null and v_schedule.mode = 'external' then
    v_next := bunkd.find_next_tick(v_schedule, (select t.at from bunkd.last_tick t where t.schedule = p_schedule));
    -- Who cannot call while others could leaves the tick to them: it may be the one with the probe.
    v_due := v_next <= clock_timestamp()
      and ((p_state -> 'room')::integer > 0
           -- nobody can, or nobody has made the slots yet
           or not exists (select from bunkd.slot s where s.schedule = p_schedule and s.call is null
                          and s.n <= v_schedule.max_in_flight));
    if v_due then
      v_next := bunkd.find_next_tick(v_schedule, clock_timestamp());
      if not exists (select from bunkd.last_tick t where t.schedule = p_schedule and /* shared/is_pruned */) then
        perform bunkd.prune_history(p_schedule);
      end if;
    end if;
    if v_due or v_new then  -- the first worker of all finds no wake on the queue
      v_shape := bunkd.read_queue_shape(v_schedule);
      perform bunkd.keep_up(v_schedule, v_shape);
    end if;
    if exists (select from bunkd.slot s where s.schedule = p_schedule and s.detached) then
      if v_shape is null then
        v_shape := bunkd.read_queue_shape(v_schedule);
      end if;
      perform bunkd.free_detached(v_schedule, v_shape);
    end if;
    if (p_state -> 'room')::integer > 0 and (v_due or v_schedule.wake) then
      v_done := bunkd.dispatch(v_schedule,
        case when v_due then 'tick' when v_worked then 'refill' when (p_state -> 'woken')::boolean then 'wake'
          else 'worker' end,
        0, v_shape, p_worker, (p_state -> 'room')::integer);
      v_problem := v_done.problem;
      v_back_off := v_done.back_off;
      v_again := v_done.again;
      v_reason := v_done.reason;
      v_calls := v_done.calls;
    end if;
    if v_due then
      perform bunkd.record_tick(p_schedule, v_problem, v_back_off);
    end if;
  elsif v_schedule.mode = 'external' and (p_state -> 'room')::integer > 0 and bunkd.begin_probe(v_schedule) then
    v_reason := 'probe';
    v_calls := bunkd.start_calls(v_schedule, v_reason, 1, p_worker);
  end if;
  if v_schedule.mode = 'external'
    and exists (select from bunkd.credential c
                 where c.schedule = p_schedule and c.place in ('alert', 'heartbeat') and c.store <> 'removed') then
    v_messages := bunkd.exchange_messages(v_schedule, p_worker, p_state);
  end if;
  return jsonb_build_object(
    'protocol', 1,
    'empty', v_empty,
    'mode', v_schedule.mode,
    'fenced', v_fenced,
    'probes', v_fenced and v_schedule.mode = 'external' and v_schedule.held is not null
      and v_schedule.on_restore = 'probe',
    'paused', bunkd.is_paused(v_schedule),
    'problem', v_problem,
    'back_off', v_back_off,
    'calls', (select coalesce(jsonb_agg(jsonb_build_object('call', c.id, 'reason', v_reason)), '[]')
              from unnest(v_calls) as c (id)),
    'messages', v_messages,
    'url', v_schedule.url,
    'headers', v_schedule.headers,
    'body', v_schedule.body,
    'credential_header', v_schedule.credential_header,
    'timeout_ms', v_schedule.timeout_ms,
    'max_in_flight', v_schedule.max_in_flight,
    -- none where one is due and left to others: who cannot call must not ask without a pause
    'next_tick', least(case when v_next > clock_timestamp() then extract(epoch from v_next - clock_timestamp()) end,
                       case when v_again then 2 end),
    'hears', v_fenced or not v_schedule.wake or bunkd.can_notify_workers(p_schedule) and bunkd.has_wake(v_schedule));
end
$$;

comment on function bunkd.worker_exchange_v1(text, text, jsonb) is
  'All that a worker needs, in version 1 of what it says and hears: it says how its calls ended (answers), how many '
  'more it can make (room), whether it listens and was woken; it gets the calls to make, with everything but the '
  'credential; and the messages to send, where it says that it sends any. Settles, ticks where one is due, and takes '
  'slots as a tick or a wake does. Stands down where the '
  'database itself makes the calls, or is a copy.';
