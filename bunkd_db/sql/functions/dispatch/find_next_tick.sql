create or replace function bunkd.find_next_tick(p_schedule bunkd.schedule, p_last timestamptz) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  -- one of the future is of a clock that was ahead, and tells nothing
  v_last constant timestamptz := case when p_last <= v_now + interval '1 minute' then p_last end;
begin
  if p_schedule.every ~ ' ' then
    return bunkd.find_next_cron_time(p_schedule.every, coalesce(v_last, v_now - interval '1 minute'));
  end if;
  return coalesce(v_last + make_interval(secs => bunkd.seconds_between_ticks(p_schedule)), v_now);
end
$$;

comment on function bunkd.find_next_tick(bunkd.schedule, timestamptz) is
  'When a worker''s next tick is due after one at p_last; null for p_last: there was none, and an interval begins now.';
