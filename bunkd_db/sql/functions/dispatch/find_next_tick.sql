create or replace function bunkd.find_next_tick(p_schedule bunkd.schedule, p_last timestamptz) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_last constant timestamptz := bunkd.trust_time(p_last);
begin
  if p_schedule.every ~ ' ' then
    return bunkd.find_next_cron_time(p_schedule.every, coalesce(v_last, v_now - interval '1 minute'));
  end if;
  return coalesce(v_last + make_interval(secs => bunkd.seconds_between_ticks(p_schedule)), v_now);
end
$$;

comment on function bunkd.find_next_tick(bunkd.schedule, timestamptz) is
  'When a worker''s next tick is due after one at p_last; null for p_last: there was none, and an interval begins now.';
