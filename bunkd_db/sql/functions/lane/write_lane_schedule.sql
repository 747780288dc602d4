create or replace function bunkd.write_lane_schedule(p_lane integer) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  -- the thirtieth of February: pg_cron would end a lane that is switched off while it runs
  select case when p_lane <= 2 then '1 second' else '0 0 30 2 *' end
$$;

comment on function bunkd.write_lane_schedule(integer) is
  'When the cron job of a lane fires while nothing waits: two always, so that one looks while the other one sends; the '
  'others rest until bunkd.switch_lanes.';
