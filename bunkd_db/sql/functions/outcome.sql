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
  v_response record;
  v_content text;
  v_no_text boolean := false;
begin
  if p_request is null then
    outcome := 'lost';
    detail := 'who sent it is gone, and kept no answer';
    return;
  end if;
  -- By created, because pg_net has no index on id; its batch may have begun just before we took the slot.
  select r.status_code, r.timed_out, r.error_msg, h.value as retry_after into v_response
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
    v_no_text := true;
  end;
  select j.* into outcome, status_code, job_id, detail, retry_at
    from bunkd.judge(v_response.status_code, v_response.timed_out, v_response.error_msg, v_content, v_response.retry_after) as j;
  if v_no_text then
    detail := coalesce(detail, 'the answer is no text');
  end if;
end
$$;

comment on function bunkd.outcome(bigint, timestamptz) is
  'How a call ended, by pg_net''s response to its request, as bunkd.judge has it; lost where there is no response.';
