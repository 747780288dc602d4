create or replace function bunkd.write_lane_command(p_schedule text, p_lane integer) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select 'call bunkd.run_lane(' || quote_literal(p_schedule) || ', ' || p_lane || ')'
$$;

comment on function bunkd.write_lane_command(text, integer) is
  'What the cron job of a lane runs: one statement, or its COMMIT would be forbidden.';
