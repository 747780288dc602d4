create or replace function bunkd.write_request(
  p_schedule text,
  p_call bigint,
  p_reason text,
  p_begun timestamptz,
  p_place text default 'current',
  out function regprocedure,
  out url text,
  out headers text,
  out body text,
  out timeout_ms integer,
  out secret text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_schedule bunkd.schedule;
  v_headers jsonb;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  secret := bunkd.find_credential(p_schedule, p_place);
  if v_schedule.url is null or secret is null then
    return;
  end if;
  function := bunkd.find_http();
  url := v_schedule.url;
  body := v_schedule.body::text;
  -- pgsql-http has the content type as an argument; among the headers it leaks a descriptor a call
  v_headers := bunkd.request_headers(v_schedule, p_place) - 'Content-Type'
    || jsonb_build_object('X-Bunkd-Call', p_call::text, 'X-Bunkd-Reason', p_reason);
  headers := (select array_agg(row(h.key, h.value))::text from jsonb_each_text(v_headers) as h);
  timeout_ms := bunkd.limit_timeout(v_schedule.timeout_ms, p_begun);
end
$$;

comment on function bunkd.write_request(text, bigint, text, timestamptz, text) is
  'All that bunkd.send_request needs for a call, the credential among the headers: read before, so that it holds no '
  'lock while it waits. A statement that began at p_begun must end before its statement_timeout. Nulls where there is '
  'nothing to send with.';
