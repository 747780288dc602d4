create or replace function bunkd.is_paused(p_schedule bunkd.schedule) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return p_schedule.paused and (p_schedule.paused_until is null or p_schedule.paused_until > clock_timestamp())
    or p_schedule.deployed ? 'retired';  -- as bunkd.is_retired, which the views' readers may not ask
end
$$;

comment on function bunkd.is_paused(bunkd.schedule) is
  'Whether a schedule makes no calls now because somebody paused it, or its file no longer declares it: the one place '
  'that knows when a pause ends.';
