create or replace function bunkd.classify_answer(
  p_status integer,
  p_timed_out boolean,
  p_error text,
  p_content text,
  p_retry_after text,
  p_secret text
) returns bunkd.answer
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_answer bunkd.answer;
  v_json jsonb;
  v_error constant text := left(bunkd.mask_secret(p_error, p_secret), 200);
begin
  v_answer.status_code := p_status;
  begin
    v_json := p_content::jsonb;
    if jsonb_typeof(v_json) = 'object' then
      v_answer.job_id := left(bunkd.mask_secret(v_json ->> 'job_id', p_secret), 100);
      v_answer.detail := left(bunkd.mask_secret(coalesce(v_json ->> 'error', v_json ->> 'message'), p_secret), 200);
    end if;
  exception when others then  -- no JSON is an answer all the same
    v_json := null;
    v_answer.detail := left(bunkd.mask_secret(p_content, p_secret), 200);
  end;
  if p_timed_out or p_error like 'Timeout%' then  -- timed_out is null before pg_net 0.19.6
    v_answer.outcome := 'timeout';
    v_answer.detail := v_error;
  elsif v_answer.status_code is null then
    v_answer.outcome := 'network_error';
    v_answer.detail := v_error;
  elsif v_answer.status_code in (401, 403) then
    v_answer.outcome := 'rejected';
  elsif v_answer.status_code between 200 and 299 then
    v_answer.outcome :=
      case when v_answer.job_id is null and v_answer.detail = 'No jobs available' then 'empty' else 'ok' end;
  elsif v_json -> 'success' = 'false' and v_answer.job_id is not null then
    v_answer.outcome := 'job_failed';  -- run_job answers 500 for a job that it finished as failed: the endpoint is well
  else
    v_answer.outcome := 'http_error';
  end if;
  begin
    if p_retry_after ~ E'^\\d{1,9}$' then
      v_answer.retry_at := clock_timestamp() + least(make_interval(secs => p_retry_after::integer), interval '1 hour');
    elsif p_retry_after like '% GMT' then
      v_answer.retry_at := least(p_retry_after::timestamptz, clock_timestamp() + interval '1 hour');
    end if;
  exception when others then
    v_answer.retry_at := null;  -- no date after all
  end;
  return v_answer;
end
$$;

comment on function bunkd.classify_answer(integer, boolean, text, text, text, text) is
  'How a call ended, by its answer: ok, empty, job_failed, http_error, rejected (401, 403), timeout, or network_error '
  'where nobody answered. Where the answer quotes p_secret, *** is kept.';
