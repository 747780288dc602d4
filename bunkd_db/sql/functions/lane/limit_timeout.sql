create or replace function bunkd.limit_timeout(p_timeout_ms integer, p_begun timestamptz) returns integer
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_limit constant interval := bunkd.find_statement_limit();
begin
  return case when v_limit is null then p_timeout_ms
    else greatest(100, least(p_timeout_ms, extract(epoch from p_begun + v_limit - clock_timestamp()) * 1000 - 500)) end;
end
$$;

comment on function bunkd.limit_timeout(integer, timestamptz) is
  'The timeout of a request, in milliseconds, no longer than a statement that began at p_begun may run: it must end '
  'before its statement_timeout.';
