create or replace function bunkd.write_outcome(p_call bigint, p_answer bunkd.answer, p_moved boolean default null)
  returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_outcome constant text := bunkd.refine_outcome(p_answer, p_moved);
  v_lost constant boolean := p_answer.outcome = 'lost';
begin
  update bunkd.call c
     set settled = clock_timestamp(), outcome = v_outcome, moved = p_moved, status_code = p_answer.status_code,
         -- What such an answer quotes is the credential of before, which nobody can mask any more.
         job_id = case when v_lost or coalesce(c.endpoint_since, c.sent) >= s.endpoint_since then p_answer.job_id end,
         detail = case when v_lost or coalesce(c.endpoint_since, c.sent) >= s.endpoint_since then p_answer.detail
                       when p_answer.detail is not null
                         then 'not kept: the call was sent before the last change of the url or credential' end,
         retry_at = p_answer.retry_at
    from bunkd.schedule s
   where c.id = p_call and s.name = c.schedule
     and (c.settled is null or c.outcome = 'lost' and c.worker is not null);
end
$$;

comment on function bunkd.write_outcome(bigint, bunkd.answer, boolean) is
  'Writes into the ledger how a call ended; p_answer is bunkd.classify_answer''s, p_moved bunkd.has_moved''s. A '
  'worker that was thought gone and comes back knows better than lost. Nothing of the text of an answer is kept '
  'where the call had an older credential.';
