create or replace function bunkd.is_last_rescue(p_claims bigint, p_times integer) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select greatest(p_claims, p_times - 1) >= 3
$$;

comment on function bunkd.is_last_rescue(bigint, integer) is
  'Whether a job that is rescued so many times, or was claimed so often, is given up instead of put back.';
