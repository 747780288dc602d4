create or replace function bunkd.outcome(
  p_request bigint,
  p_taken timestamptz,
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
  v_timed_out boolean;
  v_error text;
  v_content text;
  v_retry_after text;
  v_answer jsonb;
begin
  -- By created, because pg_net has no index on id; its batch may have begun just before we took the slot.
  select r.status_code, r.timed_out, left(r.error_msg, 200), h.value into status_code, v_timed_out, v_error, v_retry_after
    from net._http_response r
    left join lateral (select e.value from jsonb_each_text(r.headers) as e where lower(e.key) = 'retry-after') as h on true
   where r.created >= p_taken - interval '2 s' and r.id = p_request;
  if not found then
    outcome := 'lost';
    detail := 'pg_net kept no response';
    return;
  end if;
  begin
    select left(r.content, 65536) into v_content from net._http_response r
     where r.created >= p_taken - interval '2 s' and r.id = p_request;
    -- pg_net keeps bytes as they came; what is no text here would break every reader of the ledger, and its dump.
    v_content := convert_from(convert_to(v_content, getdatabaseencoding()), getdatabaseencoding());
  exception when others then
    v_content := null;
    detail := 'the answer is no text';
  end;
  begin
    v_answer := v_content::jsonb;
    if jsonb_typeof(v_answer) = 'object' then
      job_id := left(v_answer ->> 'job_id', 100);
      detail := left(coalesce(v_answer ->> 'error', v_answer ->> 'message'), 200);
    end if;
  exception when others then  -- no JSON is an answer all the same
    v_answer := null;
    detail := left(v_content, 200);
  end;
  if v_timed_out or v_error like 'Timeout%' then  -- timed_out is null before pg_net 0.19.6
    outcome := 'timeout';
    detail := v_error;
  elsif status_code is null then
    outcome := 'network_error';
    detail := v_error;
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
    if v_retry_after ~ '^\d{1,9}$' then
      retry_at := clock_timestamp() + least(make_interval(secs => v_retry_after::integer), interval '1 hour');
    elsif v_retry_after like '% GMT' then
      retry_at := least(v_retry_after::timestamptz, clock_timestamp() + interval '1 hour');
    end if;
  exception when others then
    retry_at := null;  -- no date after all
  end;
end
$$;

comment on function bunkd.outcome(bigint, timestamptz) is
  'How a call ended, by pg_net''s response to its request: ok, empty, job_failed, http_error, rejected (401, 403), timeout, network_error, or lost where there is no response.';
