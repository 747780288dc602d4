create or replace function bunkd.judge(
  p_status integer,
  p_timed_out boolean,
  p_error text,
  p_content text,
  p_retry_after text,
  out outcome text,
  out status_code integer,
  out job_id text,
  out detail text,
  out retry_at timestamptz
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer jsonb;
begin
  status_code := p_status;
  begin
    v_answer := p_content::jsonb;
    if jsonb_typeof(v_answer) = 'object' then
      job_id := left(v_answer ->> 'job_id', 100);
      detail := left(coalesce(v_answer ->> 'error', v_answer ->> 'message'), 200);
    end if;
  exception when others then  -- no JSON is an answer all the same
    v_answer := null;
    detail := left(p_content, 200);
  end;
  if p_timed_out or p_error like 'Timeout%' then  -- timed_out is null before pg_net 0.19.6
    outcome := 'timeout';
    detail := left(p_error, 200);
  elsif status_code is null then
    outcome := 'network_error';
    detail := left(p_error, 200);
  elsif status_code in (401, 403) then
    outcome := 'rejected';
  elsif status_code between 200 and 299 then
    outcome := case when job_id is null and detail = 'No jobs available' then 'empty' else 'ok' end;
  elsif v_answer -> 'success' = 'false' and job_id is not null then
    outcome := 'job_failed';  -- run_job answers 500 for a job that it finished as failed: the endpoint is well
  else
    outcome := 'http_error';
  end if;
  begin
    if p_retry_after ~ '^\d{1,9}$' then
      retry_at := clock_timestamp() + least(make_interval(secs => p_retry_after::integer), interval '1 hour');
    elsif p_retry_after like '% GMT' then
      retry_at := least(p_retry_after::timestamptz, clock_timestamp() + interval '1 hour');
    end if;
  exception when others then
    retry_at := null;  -- no date after all
  end;
end
$$;

comment on function bunkd.judge(integer, boolean, text, text, text) is
  'How a call ended, by its answer: ok, empty, job_failed, http_error, rejected (401, 403), timeout, or network_error where nobody answered.';
