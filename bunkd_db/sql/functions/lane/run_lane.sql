create or replace procedure bunkd.run_lane(p_schedule text, p_lane integer)
language plpgsql  -- neither a SET clause nor the owner's rights: each of them forbids COMMIT
as $$
declare
  v_begun constant pg_catalog.timestamptz := pg_catalog.statement_timestamp();
  v_version pg_catalog.xid;
  v_until pg_catalog.timestamptz;
  v_seen pg_catalog.text;
  v_look_by pg_catalog.timestamptz;
  v_idle_since pg_catalog.timestamptz;
  v_state pg_catalog.text;
  v_call record;
  v_request record;
  v_answer pg_catalog.jsonb;
  v_marked pg_catalog.jsonb;
  v_tell_by pg_catalog.timestamptz := v_begun;
  v_message record;
  v_said pg_catalog.jsonb;
  v_pause pg_catalog.float8;
  v_slept pg_catalog.text;
begin
  -- First, and nothing but functions: by the role's own path a stranger's operator could be met.
  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
  perform bunkd.settle_lane_session();
  commit;  -- what follows is read committed
  v_pause := case p_lane when 1 then 0.035 else 0.12 end;
  select null::text as code into v_message;
  select l.version, l.until, l.idle_since into v_version, v_until, v_idle_since
    from bunkd.find_lane_end(p_schedule, p_lane, v_begun) as l;
  loop
    if v_answer is not null then
      v_state := 'take';
      v_seen := null;
    else
      v_seen := pg_current_snapshot()::text;
      v_state := bunkd.look_for_work(p_schedule, p_lane, v_version);
    end if;
    v_look_by := clock_timestamp() + interval '1 s';  -- for what only time changes
    exit when v_state = 'end';
    if clock_timestamp() >= v_tell_by and clock_timestamp() < v_until then
      -- calls come first, but where they never end a message must not wait for that
      v_message := bunkd.pick_message(p_schedule, 'lane:' || p_lane,
                                      case v_state when 'take' then interval '10 s' else interval '0' end, v_begun);
      v_tell_by := v_look_by;
      commit;
    end if;
    if v_state = 'take' then
      begin
        -- an expression, not a statement: what an answer quotes is in no plan and no log
        v_call := bunkd.exchange_lane(p_schedule, p_lane, v_answer, v_marked,
                                      clock_timestamp() < v_until and v_message.code is null
                                      and bunkd.find_lane_version() = v_version);
        v_marked := v_call.marked;
        v_answer := null;
        v_seen := null;
      exception when lock_not_available or deadlock_detected then
        select null::bigint as call into v_call;  -- the answer is kept, and told again in a moment
        v_seen := null;
      end;
      if v_call.call is not null then
        v_request := bunkd.write_request(p_schedule, v_call.call, v_call.reason, v_begun);
        commit;  -- no lock is held while it waits for the answer
        v_answer := bunkd.send_request(v_call.call, v_request.function, v_request.url, v_request.headers,
                                       v_request.body, v_request.timeout_ms, v_request.secret);
        commit;
        v_idle_since := clock_timestamp();
        continue;
      end if;
      commit;
    end if;
    if v_message.code is not null then
      v_said := bunkd.send_request(null, v_message.function, v_message.url, '{}', v_message.body,
                                   v_message.timeout_ms, v_message.url);
      commit;
      perform bunkd.end_message(p_schedule, v_message.code, v_message.try, 'lane:' || p_lane, v_said - 'content');
      select null::text as code into v_message;
      v_tell_by := clock_timestamp();
      v_seen := null;
    end if;
    exit when p_lane > 2 and v_answer is null and v_idle_since < clock_timestamp() - interval '10 s'
      and bunkd.rest_lane(p_schedule, p_lane);
    exit when clock_timestamp() > v_until + case when v_answer is null then interval '0' else interval '5 s' end;
    loop
      commit;  -- nothing is held while it sleeps
      v_slept := pg_sleep(v_pause);  -- as a statement it would cost twice as much
      -- As long as nobody has committed anything there is nothing to look at.
      exit when pg_current_snapshot()::text is distinct from v_seen or clock_timestamp() >= least(v_look_by, v_until);
    end loop;
  end loop;
end
$$;

comment on procedure bunkd.run_lane(text, integer) is
  'One run of a lane, a worker that lives in the database: looks for a call to make, sends it with pgsql-http, says '
  'how it ended, and so on until its time is over; once a second it looks for a message to send. It commits before '
  'every sleep and every request. What its cron job runs, alone: with a second statement beside it COMMIT is '
  'forbidden.';
