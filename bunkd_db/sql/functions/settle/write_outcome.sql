create or replace function bunkd.write_outcome(p_call bigint, p_answer bunkd.answer, p_moved boolean default null)
  returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer bunkd.answer := p_answer;
begin
  -- What such an answer quotes is the credential of before, which nobody can mask any more.
  if v_answer.outcome <> 'lost'
     and exists (select from bunkd.call c join bunkd.schedule s on s.name = c.schedule where c.id = p_call
                 and c.sent < s.endpoint_since) then
    v_answer.detail := case when v_answer.detail is not null
      then 'not kept: the call was sent before the last change of the url or credential' end;
    v_answer.job_id := null;
  end if;
  update bunkd.call c
     set settled = clock_timestamp(), outcome = bunkd.refine_outcome(p_answer, p_moved), moved = p_moved,
       status_code = v_answer.status_code,
         job_id = v_answer.job_id, detail = v_answer.detail, retry_at = v_answer.retry_at
   where c.id = p_call and (c.settled is null or c.outcome = 'lost' and c.worker is not null);
end
$$;

comment on function bunkd.write_outcome(bigint, bunkd.answer, boolean) is
  'Writes into the ledger how a call ended; p_answer is bunkd.classify_answer''s, p_moved bunkd.has_moved''s. A '
  'worker that was thought gone and comes back knows better than lost. Nothing of the text of an answer is kept '
  'where the call had an older credential.';
