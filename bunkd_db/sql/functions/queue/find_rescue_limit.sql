create or replace function bunkd.find_rescue_limit(p_schedule bunkd.schedule) returns interval
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
  -- a tick or two have time for it
  select nullif(p_schedule.rescue_after, '0') + make_interval(secs => 2 * bunkd.seconds_between_ticks(p_schedule))
$$;

comment on function bunkd.find_rescue_limit(bunkd.schedule) is
  'A job that is active for longer than this should have been rescued, and is stuck; null where nothing is rescued.';
