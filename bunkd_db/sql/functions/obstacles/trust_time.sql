create or replace function bunkd.trust_time(p_at timestamptz) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when p_at <= clock_timestamp() + interval '1 minute' then p_at end;
end
$$;

comment on function bunkd.trust_time(timestamptz) is
  'A time in the past; null where it is more than a minute ahead: a clock that was ahead wrote it, and nothing is '
  'judged by it.';
