create or replace function bunkd.is_last_rescue(p_claims bigint, p_times integer) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select greatest(p_claims, p_times - 1) >= 3
$$;

comment on function bunkd.is_last_rescue(bigint, integer) is
  'Whether a job that is rescued for the p_times-th time, and was claimed p_claims times by Bunkd''s own count, is given up instead of put back.';
