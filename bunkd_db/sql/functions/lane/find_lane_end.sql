create or replace function bunkd.find_lane_end(
  p_schedule text,
  p_lane integer,
  p_begun timestamptz,
  out version xid,
  out until timestamptz,
  out idle_since timestamptz
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_limit interval;
  v_timeout interval;
begin
  version := bunkd.find_lane_version();
  select * into v_schedule from bunkd.schedule where name = p_schedule;
  v_timeout := make_interval(secs => v_schedule.timeout_ms / 1000.0 + 2);
  -- Where pg_cron knows no seconds a run belongs to its minute: the next one begins with the next.
  until := case when bunkd.lanes_in_minutes(p_schedule)
    then date_trunc('minute', p_begun + interval '2 s') + interval '58 s' else p_begun + interval '50 s' end;
  v_limit := bunkd.find_statement_limit();
  if v_limit is not null then  -- it runs over the whole CALL: a request that is begun must have its time
    until := least(until, p_begun + greatest(v_limit - v_timeout, v_limit / 4));
  end if;
  -- pg_cron may have begun it by mistake, right after it was to rest
  idle_since := p_begun - case when bunkd.is_resting(p_schedule, p_lane) then interval '1 hour' else interval '0' end;
end
$$;

comment on function bunkd.find_lane_end(text, integer, timestamptz) is
  'Until when a run of a lane that has begun then begins another call: within its minute, and so that a call has its '
  'time before the role''s statement_timeout. version tells whether the lane is still the one that is installed.';
