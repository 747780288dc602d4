create or replace function bunkd.read_answer(
  p_schedule text,
  p_request bigint,
  p_taken timestamptz,
  p_look_at integer default null
) returns bunkd.answer
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_answer bunkd.answer;
  v_place tid;
  v_response record;
  v_content text;
  v_no_text boolean := false;
begin
  if p_request is null or bunkd.find_relation('pg_net', 'net', '_http_response') is null then
    v_answer.outcome := 'lost';
    v_answer.detail := 'the sender disappeared without reporting a result';
    return v_answer;
  end if;
  -- By created, because pg_net has no index on id; its batch may have begun just before we took the slot.
  select r.ctid into v_place
    from (select o.ctid, o.id, o.created from net._http_response o
           where o.created >= p_taken - interval '2 s' order by o.created limit p_look_at) as r
   where r.id = p_request order by r.created limit 1;
  if not found and p_look_at is not null then
    perform from net._http_response o where o.created >= p_taken - interval '2 s' order by o.created offset p_look_at
      limit 1;
    if found then
      return null;
    end if;
  end if;
  select r.status_code, r.timed_out, r.error_msg, h.value as retry_after into v_response
    from net._http_response r
    left join lateral (select e.value
                       from jsonb_each_text(case jsonb_typeof(r.headers) when 'object' then r.headers end) as e
                        where lower(e.key) = 'retry-after' limit 1) as h on true
   where r.ctid = v_place and r.id = p_request;
  if not found then
    v_answer.outcome := 'lost';
    v_answer.detail := 'pg_net kept no response';
    return v_answer;
  end if;
  begin
    select left(r.content, 65536) into v_content from net._http_response r where r.ctid = v_place and r.id = p_request;
    -- pg_net keeps bytes as they came; what is no text here would break every reader of the ledger, and its dump.
    v_content := convert_from(convert_to(v_content, getdatabaseencoding()), getdatabaseencoding());
  exception when others then
    v_content := null;
    v_no_text := true;
  end;
  v_answer := bunkd.classify_answer(v_response.status_code, v_response.timed_out, v_response.error_msg, v_content,
                                    v_response.retry_after, bunkd.find_credential(p_schedule));
  if exists (select from bunkd.rotation r where r.schedule = p_schedule) then
    v_answer.detail := bunkd.mask_secret(v_answer.detail, bunkd.find_credential(p_schedule, 'next'));
    v_answer.job_id := bunkd.mask_secret(v_answer.job_id, bunkd.find_credential(p_schedule, 'next'));
  end if;
  if v_no_text then
    v_answer.detail := coalesce(v_answer.detail, 'the response is not valid text');
  end if;
  return v_answer;
exception
when lock_not_available then  -- the answer is there, and will be read when the lock is gone
  raise;
when others then  -- many may write pg_net's table: one row that cannot be read must not stop all the others
  v_answer := null;
  v_answer.outcome := 'lost';
  v_answer.detail := 'the response in net._http_response cannot be read';
  return v_answer;
end
$$;

comment on function bunkd.read_answer(text, bigint, timestamptz, integer) is
  'How a call ended, by pg_net''s response to its request, as bunkd.classify_answer has it; lost where there is no '
  'response that can be read. Others may fill that table: p_look_at is how many responses to look at, from when the '
  'request was taken up; null where it is not among them, and there are more.';
