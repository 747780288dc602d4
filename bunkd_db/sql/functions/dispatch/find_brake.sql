create or replace function bunkd.find_brake(
  p_schedule bunkd.schedule,
  p_reason text,
  out at_most integer,
  out reason text,
  out note text,
  out empty_since timestamptz,
  out until timestamptz
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_went_well boolean;
  v_last record;
  v_in_a_row constant integer := 3;  -- failures, or empty answers
  v_failed_jobs constant integer := 10;
  v_ticks_at_rest constant numeric := 9.5;  -- the tenth tick, which may come a moment early
  v_longest_wait constant interval := '5 minutes';
  v_tick interval;
  v_wait interval;
  v_now constant timestamptz := clock_timestamp();
begin
  -- The ledger is the memory: nothing is written here, and nothing can go stale. What tells something are the settled
  -- calls of this url and credential, a lost one by what moved during it; none settled by a clock that was ahead. The
  -- second condition on endpoint_since is for the index.
  v_went_well := (  -- what most find, at a fraction of the cost: the last one went well, which ends every row of them
    select o.outcome = 'ok' or o.outcome = 'lost' and o.moved
      from bunkd.call o
     where o.schedule = p_schedule.name and o.settled <= v_now
       and (o.outcome <> 'lost' or o.moved is not null and o.worker is null)
       and coalesce(o.endpoint_since, o.sent) >= p_schedule.endpoint_since and o.settled >= p_schedule.endpoint_since
     order by o.settled desc limit 1);
  if v_went_well is not false then
    return;
  end if;
  with answered as (  -- a lost one during which a job moved went well
    select o.id, o.reason, o.sent, o.settled, o.status_code, o.retry_at,
           case when o.outcome = 'lost' and o.moved then 'ok' else o.outcome end as outcome
      from bunkd.call o
     where o.schedule = p_schedule.name and o.settled <= v_now
       and (o.outcome <> 'lost' or o.moved is not null and o.worker is null)
       and coalesce(o.endpoint_since, o.sent) >= p_schedule.endpoint_since and o.settled >= p_schedule.endpoint_since
     order by o.settled desc limit v_failed_jobs
  ), placed as (
    -- place 1 is the latest; probes: this one and all after it are probes, which gives the length of their run
    select a.*, row_number() over latest as place, bool_and(a.reason = 'probe') over latest as probes,
           a.outcome = 'lost' or a.outcome <> 'ok' and bunkd.is_failure(a.outcome, p_schedule.on_timeout) as failed
      from answered as a
    window latest as (order by a.settled desc, a.id desc)
  )
  select count(*) as n,
         count(*) filter (where c.failed and c.place <= v_in_a_row) as failures,
         count(*) filter (where c.outcome = 'lost' and c.place <= v_in_a_row) as lost,
         count(*) filter (where c.outcome = 'job_failed') as failed_jobs,
         count(*) filter (where c.outcome = 'empty' and c.place <= v_in_a_row) as empty_answers,
         min(c.sent) filter (where c.place <= v_in_a_row) as since,
         count(*) filter (where c.probes and c.failed) as probes,
         max(c.sent) as sent,
         max(c.retry_at) filter (where c.place <= v_in_a_row) as retry_at,
         (array_agg(coalesce(c.status_code::text, c.outcome) order by c.place))[1] as last
    into v_last
    from placed as c;

  if v_last.failures < v_in_a_row and v_last.failed_jobs < v_failed_jobs and v_last.empty_answers < v_in_a_row then
    return;
  end if;
  v_tick := make_interval(secs => bunkd.seconds_between_ticks(p_schedule));
  -- An emptied queue of pg_net loses all calls at once: it takes those of an earlier round too.
  if v_last.lost = v_in_a_row and (select o.outcome = 'lost' and not o.moved from bunkd.call o
                           where o.schedule = p_schedule.name and o.settled >= p_schedule.endpoint_since
                             and coalesce(o.endpoint_since, o.sent) >= p_schedule.endpoint_since
                             and o.sent < v_last.sent - v_tick / 2
                           order by o.settled desc limit 1) is not true then
    return;
  end if;
  if v_last.failures = v_in_a_row then
    note := case when v_last.last in ('401', '403') then format('the function rejects the credential (%s)', v_last.last)
                 when v_last.last = 'lost' then 'the answers are lost and no job changes its status'
                 when v_last.last = '404' then 'the function is not deployed (404)'
                 else format('the endpoint fails (%s)', v_last.last) end
            || ': backing off, with one probe call at increasing intervals until one succeeds';
    reason := 'probe';
    v_wait := least(v_tick * (2 ^ v_last.probes), greatest(v_tick, v_longest_wait));
    -- a tick that comes a moment early still counts as that tick; while a probe is open nobody knows
    until := case when exists (select from bunkd.call o
                                where o.schedule = p_schedule.name and o.settled is null and o.reason = 'probe')
                  then 'infinity'
                  else greatest(v_last.retry_at, v_last.sent + v_wait - v_tick / 2) end;
    at_most := case when p_reason <> 'tick' or v_now < until then 0 else 1 end;
  elsif v_last.failed_jobs = v_failed_jobs then
    note := '10 jobs in a row failed: backing off to one call per tick until a job succeeds';
    at_most := case when p_reason = 'tick' then 1 else 0 end;
  elsif v_last.empty_answers = v_in_a_row and p_reason in ('tick', 'worker') then
    note := 'the function finds no job although rows are waiting: no calls until the queue changes or 10 ticks pass';
    empty_since := v_last.since;
    until := v_last.sent + v_tick * v_ticks_at_rest;
    at_most := case when p_reason = 'worker' or v_now < until then 0 else 1 end;
  end if;
end
$$;

comment on function bunkd.find_brake(bunkd.schedule, text) is
  'How many calls may be sent at most for this reason, null for no limit, with a note that says why, since when the '
  'function has found no job, and until when no tick sends any, infinity: until an open probe has its answer. Three '
  'failures in a row: one probe call after 1, 2, 4, 8 ticks, 5 minutes at most, Retry-After honoured. Ten failed '
  'jobs in a row: one call a tick. Three empty answers in a row: none until the queue changes or the tenth tick.';
