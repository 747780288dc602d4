create or replace function bunkd.find_alert_times(
  p_schedule bunkd.schedule,
  p_code text,
  out starts_after interval,
  out clears_after interval
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  starts_after := case
    when p_code = 'WAIT_TOO_LONG' then interval '0'  -- the wait itself is long enough
    when p_code = 'NOTHING_SETTLED'  -- the last call can be long ago where no job waited
      then bunkd.find_settle_limit(p_schedule)
    else interval '2 minutes' end;
  clears_after := interval '2 minutes';
end
$$;

comment on function bunkd.find_alert_times(bunkd.schedule, text) is
  'For how long something must have been seen, with no gap of clears_after, until it is an alert, and for how long it '
  'must not have been seen until that is over.';
