create or replace function bunkd.post_calls(
  p_schedule bunkd.schedule,
  p_calls bigint[],
  p_reason text,
  p_place text default 'current'
) returns bigint[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_headers jsonb;
  v_call bigint;
  v_requests bigint[] := '{}';
begin
  perform bunkd.guard_net();
  v_headers := bunkd.request_headers(p_schedule, p_place);
  foreach v_call in array p_calls loop
    v_requests := v_requests || net.http_post(
      url := p_schedule.url,
      body := p_schedule.body,
      headers := v_headers || jsonb_build_object('X-Bunkd-Call', v_call::text, 'X-Bunkd-Reason', p_reason),
      timeout_milliseconds := p_schedule.timeout_ms);
  end loop;
  return v_requests;
end
$$;

comment on function bunkd.post_calls(bunkd.schedule, bigint[], text, text) is
  'Hands calls to pg_net, with the credential in p_place; the only place that does. Returns pg_net''s id of each. '
  'Raises what bunkd.guard_net and bunkd.read_credential raise.';
