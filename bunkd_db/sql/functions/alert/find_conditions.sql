create or replace function bunkd.find_conditions(p_schedule bunkd.schedule) returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_newest constant integer := 1000;  -- a third of what status reads: this is asked again and again
  v_first bunkd.obstacle;
  v_shape bunkd.queue_shape;
  v_window text;
  v_calls jsonb;
  v_queue jsonb;
  v_waiting bigint;
  v_wait interval;
  v_settled timestamptz;
  v_failed bigint;
  v_status constant text[] := array['bunkd-db status --schedule ' || p_schedule.name];
begin
  -- what stands most in the way; the rest follows from it, or is told once this is over
  select o.* into v_first from bunkd.find_obstacles(p_schedule.name) as o limit 1;
  if v_first.code is not null then
    return next v_first;
    return;
  end if;
  v_shape := bunkd.read_queue_shape(p_schedule);
  v_window := bunkd.write_window(v_shape, v_newest);
  v_queue := bunkd.read_backlog(p_schedule, v_shape, v_window, 10000)
    || jsonb_build_object('window_limit', v_newest, 'recent', case when v_window is not null
                            then bunkd.read_recent_jobs(p_schedule, v_shape, v_window) end);
  v_calls := bunkd.read_call_status(p_schedule);
  v_waiting := (v_queue #> '{waiting,claimable}')::bigint;
  v_wait := make_interval(secs => nullif(v_queue #> '{waiting,oldest_seconds}', 'null')::double precision);
  v_settled := coalesce(to_timestamp(nullif(v_calls -> 'last_settled', 'null')::double precision),
                        bunkd.trust_time(p_schedule.endpoint_since));
  v_failed := bunkd.find_failing_jobs(v_queue, v_calls);
  if v_waiting > 0 and v_wait > bunkd.find_wait_limit(p_schedule) then
    return next row('WAIT_TOO_LONG',
      format('%s, the oldest for %s; none should wait for more than %s',
             case v_waiting when 1 then '1 job waits' else v_waiting || ' jobs wait' end,
             date_trunc('second', v_wait), bunkd.find_wait_limit(p_schedule)),
      'Find out what keeps the calls from keeping up:', v_status)::bunkd.obstacle;
  elsif v_waiting > 0 and v_settled < clock_timestamp() - bunkd.find_settle_limit(p_schedule) then
    return next row('NOTHING_SETTLED',
      format('%s, but no call has ended since %s UTC',
             case v_waiting when 1 then '1 job waits' else v_waiting || ' jobs wait' end,
             to_char(v_settled at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')),
      'Find out what the calls in flight are busy with:', v_status)::bunkd.obstacle;
  end if;
  if v_failed is not null then
    return next row('ALL_JOBS_FAIL', format('all %s jobs that ended in the last hour failed', v_failed),
      'Read with which error, and its usual cause:', v_status)::bunkd.obstacle;
  end if;
end
$$;

comment on function bunkd.find_conditions(bunkd.schedule) is
  'What of a schedule is worth an alert now: the obstacle that stands most in the way, else what status calls '
  'unhealthy: WAIT_TOO_LONG or NOTHING_SETTLED, and ALL_JOBS_FAIL. No row, and the queue moves.';
