create or replace function bunkd.find_settle_limit(p_schedule bunkd.schedule) returns interval
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return greatest(bunkd.find_wait_limit(p_schedule),
                  make_interval(secs => p_schedule.timeout_ms / 1000.0) + interval '1 minute');
end
$$;

comment on function bunkd.find_settle_limit(bunkd.schedule) is
  'For how long no call can have ended while jobs wait, before somebody is told: as for a wait, and no less '
  'than a call can take.';
