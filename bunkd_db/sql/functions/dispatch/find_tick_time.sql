create or replace function bunkd.find_tick_time(
  p_schedule bunkd.schedule,
  p_last timestamptz,
  p_not_before timestamptz default null
) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_every constant integer := bunkd.seconds_between_ticks(p_schedule);
  v_next timestamptz;
begin
  if p_schedule.mode = 'native' and p_schedule.cron_schedule ~ E'^\\S+( \\S+){4}$' then
    return bunkd.find_next_cron_time(p_schedule.cron_schedule, greatest(v_now, p_not_before));
  elsif p_schedule.every ~ ' ' and p_not_before > v_now then
    return bunkd.find_next_cron_time(p_schedule.every, p_not_before);
  end if;
  v_next := bunkd.find_next_tick(p_schedule, p_last);
  if v_next >= p_not_before or p_not_before is null then
    return v_next;
  end if;
  v_next := greatest(v_next, v_now);
  return v_next + make_interval(
    secs => v_every * greatest(0, ceil(extract(epoch from p_not_before - v_next) / v_every))::double precision);
end
$$;

comment on function bunkd.find_tick_time(bunkd.schedule, timestamptz, timestamptz) is
  'When a tick is due after one at p_last, the first that is not before p_not_before; in the past: it is late.';
