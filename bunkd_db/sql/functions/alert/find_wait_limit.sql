create or replace function bunkd.find_wait_limit(p_schedule bunkd.schedule) returns interval
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return greatest(interval '5 minutes', make_interval(secs => 2 * bunkd.seconds_between_ticks(p_schedule)));
end
$$;

comment on function bunkd.find_wait_limit(bunkd.schedule) is
  'For how long a job can wait at most before somebody is told: 5 minutes, or two ticks where those are rarer.';
