create or replace function bunkd.request_headers(p_schedule bunkd.schedule, p_place text default 'current')
  returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_value constant text := bunkd.read_credential(p_schedule.name, p_place);
  v_header constant text := coalesce(
    p_schedule.credential_header, case when v_value ~ '^sb_(secret|publishable)_' then 'apikey'
      else 'Authorization' end);
begin
  return p_schedule.headers
    || jsonb_build_object(
      'Content-Type', 'application/json',  -- pg_net sends nothing else, and wants it spelled so
      v_header, case when lower(v_header) = 'authorization' then 'Bearer ' else '' end || v_value);
end
$$;

comment on function bunkd.request_headers(bunkd.schedule, text) is
  'The headers of a call, the credential among them: Authorization: Bearer for a JWT or token, apikey for an sb_ key, '
  'or the header that the schedule names.';
