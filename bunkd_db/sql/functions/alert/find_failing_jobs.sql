create or replace function bunkd.find_failing_jobs(p_queue jsonb, p_calls jsonb) returns bigint
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_recent constant jsonb := nullif(p_queue -> 'recent', 'null');
  v_whole constant boolean := coalesce((v_recent -> 'rows')::bigint < (p_queue -> 'window_limit')::bigint, false);
  v_completed bigint := coalesce((p_calls -> 'ok')::bigint, 0);
  v_failed bigint;
begin
  if (v_recent -> 'ends_known')::boolean and (v_whole or (v_recent -> 'completed')::bigint >= v_completed) then
    v_completed := (v_recent -> 'completed')::bigint;
    v_failed := (v_recent -> 'failed')::bigint;
  elsif (p_calls -> 'count')::bigint > 0 then  -- by the ledger: the queue has no times, or its newest rows tell less
    v_failed := greatest((select sum((b.value -> 'calls')::bigint)
                            from jsonb_array_elements(nullif(p_calls -> 'by', 'null')) as b
                           where b.value ->> 'outcome' = 'job_failed'), (v_recent -> 'failed')::bigint);
  end if;
  return case when v_completed = 0 and v_failed >= 3 then v_failed end;
end
$$;

comment on function bunkd.find_failing_jobs(jsonb, jsonb) is
  'How many jobs failed in the last hour where none was completed, of what bunkd.read_recent_jobs and '
  'bunkd.read_call_status found; null where one was, or fewer than three failed. The line ALL_JOBS_FAIL of status, in '
  'SQL: a test holds both together.';
