create or replace function bunkd.tick(p_schedule text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- re-planning these small look-ups costs more than running them
set jit = off  -- a session that has a kind of plan switched off would compile each of them: seconds a tick
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_shape bunkd.queue_shape;
  v_notes text[];
  v_looked record;
  v_there record;
  v_lent integer := 0;  -- slots beyond max_in_flight
  v_problem text;
  v_done record;
  v_probe record;
  v_calls bigint[] := '{}';
  v_settled integer := 0;
  v_back_off text;
  v_unsent text;
  v_locked text;
  v_request_lock bunkd.obstacle;
begin
  if current_setting('transaction_read_only')::boolean then
    return 'the database is read-only: nothing is sent or settled';
  elsif current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a tick needs READ COMMITTED, but this transaction is %', current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select * into v_schedule from bunkd.schedule where name = p_schedule;
  if not found then
    raise exception 'there is no schedule %', p_schedule using errcode = 'invalid_parameter_value';
  end if;
  if not bunkd.lock_tick(p_schedule, p_wait => false) then
    return 'another tick is running';
  end if;

  v_looked := bunkd.check_copy(v_schedule);
  v_schedule := v_looked.schedule;
  v_problem := v_looked.problem;
  if v_schedule.paused then
    v_schedule := bunkd.end_pause(v_schedule);
  end if;
  -- What is rarely so is asked in one question: each of its own costs an idle tick a fiftieth of its time.
  select exists (select from bunkd.slot s where s.schedule = p_schedule and s.net_queue is not null) as requests,
         exists (select from bunkd.rotation r where r.schedule = p_schedule and r.switched is not null) as rotation,
         exists (select from bunkd.credential c where c.schedule = p_schedule
                  and c.place in ('alert', 'heartbeat') and c.store <> 'removed') as watch,
         /* shared/is_pruned */ as pruned,
         -- an untouched row costs no look at the locks
         t.locked_slots is not null
           or exists (select from bunkd.slot s where s.schedule = p_schedule and s.xmax <> '0'::xid) as locked
    into v_there from bunkd.last_tick t where t.schedule = p_schedule;
  if not v_there.pruned then
    perform bunkd.prune_history(p_schedule);
  end if;
  if v_problem is null and v_schedule.mode = 'native' then
    begin
      v_shape := bunkd.read_queue_shape(v_schedule);
      perform bunkd.keep_up(v_schedule, v_shape);
      perform bunkd.clear_lanes(v_schedule);
      if v_there.locked then
        select l.slots, l.problem into v_lent, v_problem from bunkd.lend_slots(v_schedule) as l;
        v_notes := v_notes || v_problem;
        v_problem := null;
      end if;
      if bunkd.sends_by_net(v_schedule) then
        v_locked := bunkd.find_locked_answers();
      end if;
      if bunkd.sends_by_lanes(v_schedule) then
        perform bunkd.free_detached(v_schedule, v_shape);  -- no write to the queue tells that such a job has ended
      end if;
      v_notes := v_notes || v_locked || bunkd.find_filled_queue(v_schedule);
      if v_there.requests then
        perform bunkd.wake_net(v_schedule);
        v_request_lock := bunkd.find_request_lock(v_schedule);
        v_notes := v_notes || (v_request_lock.detail || '. ' || v_request_lock.remedy || ' '
                               || v_request_lock.commands[1])
          || bunkd.find_waiting_requests(v_schedule);
      end if;
      v_schedule.max_in_flight := v_schedule.max_in_flight + v_lent;
      if v_schedule.url is null then
        v_problem := 'no URL to call is set. Set SUPABASE_URL or BUNKD_CALL_URL and run: '
          || bunkd.write_upgrade(v_schedule);
      elsif not bunkd.has_credential(p_schedule) then
        v_problem := 'no credential is stored. Set it with: bunkd-db credential set --schedule ' || p_schedule;
      else
        v_done := bunkd.dispatch(v_schedule, 'tick', 0, v_shape);
        v_calls := v_done.calls;
        v_settled := v_done.settled;
        v_problem := v_done.problem;
        v_back_off := v_done.back_off;
        v_unsent := coalesce(v_done.unsent, v_locked);
      end if;
    exception when lock_not_available then
      -- by anybody, where pg_net's grants could not be revoked; of the catalog, by autovacuum
      v_problem := 'a table of pg_net, of the catalog or of ours is locked: nothing was settled or sent;'
                   ' the next tick retries'
        || coalesce('. Possibly locked by '
                    || (bunkd.find_lock_holders(bunkd.find_relation('pg_net', 'net', 'http_request_queue'))).names, '');
      v_unsent := v_problem;
    end;
  elsif v_schedule.mode = 'native' and bunkd.has_credential(p_schedule)
        and (bunkd.sends_by_lanes(v_schedule) and bunkd.find_http() is not null
             or bunkd.sends_by_net(v_schedule) and bunkd.find_readable_queue() is not null)
        and bunkd.begin_probe(v_schedule) then
    v_probe := bunkd.try_start_calls(v_schedule, 'probe', 1);
    v_calls := v_probe.calls;
    v_problem := concat_ws('; ', v_problem, v_probe.problem);
  end if;
  if v_problem is null and v_schedule.mode = 'external' then
    return 'the schedule is external: a tick makes no calls';
  end if;
  if v_there.rotation then
    begin
      perform bunkd.judge_rotation(p_schedule);
    exception
      when lock_not_available or deadlock_detected then
        null;  -- the next tick looks again
      when others then  -- a Vault that has lost its key must not take back what was settled
        v_notes := v_notes || format('the rotation of the credential could not be judged (SQLSTATE %s)', sqlstate);
    end;
  end if;
  perform bunkd.record_tick(p_schedule, array_to_string(v_notes || v_problem, '; '), v_back_off, v_unsent);
  if v_schedule.mode = 'native' and v_there.watch then
    perform bunkd.watch_schedule(v_schedule);
  end if;
  return concat_ws('; ', format('%s sent, %s settled', cardinality(v_calls), v_settled), v_problem, v_back_off);
end
$$;

comment on function bunkd.tick(text) is
  'One firing of the cron job: prune, attach, rescue, settle, dispatch, watch. Returns what it did in words. What '
  'keeps it from calling is recorded in bunkd.last_tick, and never raised: that would take back what it has settled.';
