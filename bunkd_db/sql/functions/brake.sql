create or replace function bunkd.brake(
  p_schedule bunkd.schedule,
  p_reason text,
  out at_most integer,
  out reason text,
  out note text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_last record;
  v_failing text[] := array['http_error', 'rejected', 'network_error'];
  v_tick interval;
  v_wait interval;
  v_now constant timestamptz := clock_timestamp();
begin
  if p_schedule.on_timeout = 'release' then
    v_failing := v_failing || 'timeout'::text;  -- under detach a timeout is a function that goes on working
  end if;
  -- The ledger is the memory: nothing is written here, and nothing can go stale.
  select count(*) as n,
         count(*) filter (where c.outcome = any (v_failing) and c.place <= 3) as failures,
         count(*) filter (where c.outcome = 'job_failed') as failed_jobs,
         count(*) filter (where c.outcome = 'empty' and c.place <= 3) as empty_answers,
         count(*) filter (where c.probes and c.outcome = any (v_failing)) as probes,
         max(c.sent) as sent,
         max(c.retry_at) filter (where c.place <= 3) as retry_at,
         (array_agg(coalesce(c.status_code::text, c.outcome) order by c.place))[1] as last
    into v_last
    from (select t.*, row_number() over latest as place, bool_and(t.reason = 'probe') over latest as probes
            from (select o.id, o.reason, o.sent, o.settled, o.outcome, o.status_code, o.retry_at from bunkd.call o
                   where o.schedule = p_schedule.name and o.settled <= v_now and o.outcome <> 'lost'  -- none of a clock that was ahead
                     and o.sent >= p_schedule.endpoint_since and o.settled >= p_schedule.endpoint_since  -- this one for the index
                   order by o.settled desc limit 10) as t
          window latest as (order by t.settled desc, t.id desc)) as c;

  if v_last.failures < 3 and v_last.failed_jobs < 10 and v_last.empty_answers < 3 then
    return;
  end if;
  v_tick := make_interval(secs => bunkd.every_seconds(p_schedule));
  if v_last.failures = 3 then
    note := case when v_last.last in ('401', '403') then format('the function rejects the credential (%s)', v_last.last)
                 when v_last.last = '404' then 'the function is not deployed (404)'
                 else format('the endpoint fails (%s)', v_last.last) end
            || ': one probe call at growing distances until it answers';
    reason := 'probe';
    v_wait := least(v_tick * (2 ^ v_last.probes), greatest(v_tick, interval '5 minutes'));
    -- a tick that comes a moment early still counts as that tick
    at_most := case when p_reason <> 'tick' or v_now < greatest(v_last.retry_at, v_last.sent + v_wait - v_tick / 2)
                         or exists (select from bunkd.call o where o.schedule = p_schedule.name and o.settled is null and o.reason = 'probe')
                    then 0 else 1 end;
  elsif v_last.failed_jobs = 10 then
    note := 'ten jobs in a row have failed: one call a tick until one succeeds';
    at_most := case when p_reason = 'tick' then 1 else 0 end;
  elsif v_last.empty_answers = 3 and p_reason in ('tick', 'worker') then
    note := 'the function finds no job although rows seem to wait: no calls until the queue changes or the tenth tick';
    at_most := case when p_reason = 'worker' or v_now < v_last.sent + v_tick * 9.5 then 0 else 1 end;
  end if;
end
$$;

comment on function bunkd.brake(bunkd.schedule, text) is
  'How many calls may be sent at most for this reason, null for no limit, with a note that says why. Three failures in a row: one probe at distances of 1, 2, 4, 8 ticks, 5 minutes at most, Retry-After honoured. Ten failed jobs in a row: one call a tick. Three empty answers in a row: none until the queue changes or the tenth tick.';
