create or replace function bunkd.find_statement_limit() returns interval
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_ms constant integer := (select g.setting::integer from pg_settings g where g.name = 'statement_timeout');
begin
  return case when v_ms > 0 then make_interval(secs => v_ms / 1000.0) end;
end
$$;

comment on function bunkd.find_statement_limit() is 'The statement_timeout of this session; null where there is none.';
