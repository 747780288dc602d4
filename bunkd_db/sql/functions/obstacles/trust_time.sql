create or replace function bunkd.trust_time(p_at timestamptz) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select p_at where p_at <= clock_timestamp() + interval '1 minute'
$$;

comment on function bunkd.trust_time(timestamptz) is
  'A time in the past; null where it is more than a minute ahead: a clock that was ahead wrote it, and nothing is judged by it.';
