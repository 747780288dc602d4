create or replace function bunkd.probe_by_http(
  p_schedule text,
  p_place text,
  out call bigint,
  out sent timestamptz,
  out outcome text,
  out status_code integer,
  out job_id text,
  out detail text,
  out seconds double precision
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_request record;
  v_said jsonb;
  v_answer bunkd.answer;
begin
  call := nextval('bunkd.call_id_seq');
  sent := clock_timestamp();
  v_request := bunkd.write_request(p_schedule, call, 'probe', statement_timestamp(), p_place);
  v_said := bunkd.send_request(call, v_request.function, v_request.url, v_request.headers, v_request.body,
                               v_request.timeout_ms, v_request.secret);
  if v_said -> 'sent' = 'false' then
    raise exception 'the extension http is gone, or the credential cannot be read'
      using errcode = 'object_not_in_prerequisite_state', hint = 'Enable it again: bunkd-db upgrade';
  end if;
  v_answer := bunkd.classify_answer((v_said ->> 'status_code')::integer, (v_said -> 'timed_out')::boolean,
                                    v_said ->> 'error', v_said ->> 'content', v_said ->> 'retry_after',
                                    v_request.secret);
  outcome := v_answer.outcome;
  status_code := v_answer.status_code;
  job_id := v_answer.job_id;
  detail := v_answer.detail;
  seconds := extract(epoch from clock_timestamp() - sent);
end
$$;

comment on function bunkd.probe_by_http(text, text) is
  'The one real call of check --probe, and of a rotation with the credential in p_place, where lanes send: made here '
  'and now, beside the slots. It is not in the ledger yet.';
