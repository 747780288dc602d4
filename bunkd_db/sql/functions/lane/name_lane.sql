create or replace function bunkd.name_lane(p_schedule text, p_lane integer) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select 'bunkd:' || p_schedule || ':' || p_lane
$$;

comment on function bunkd.name_lane(text, integer) is 'The name of the cron job of a lane.';
