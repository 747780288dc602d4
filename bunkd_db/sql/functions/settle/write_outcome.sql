create or replace function bunkd.write_outcome(p_call bigint, p_answer bunkd.answer, p_moved boolean default null)
  returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update bunkd.call c
     set settled = clock_timestamp(), outcome = bunkd.refine_outcome(p_answer, p_moved), moved = p_moved,
         status_code = p_answer.status_code, job_id = k.job_id, detail = k.detail, retry_at = p_answer.retry_at
    -- What such an answer quotes is the credential of before, which nobody can mask any more.
    from (select case when not o.old then p_answer.job_id end as job_id,
                 case when not o.old then p_answer.detail when p_answer.detail is not null
                   then 'not kept: the call was sent before the last change of the url or credential' end as detail
            from (select p_answer.outcome <> 'lost' and exists (
                           select from bunkd.call i join bunkd.schedule s on s.name = i.schedule
                            where i.id = p_call
                              and coalesce(i.endpoint_since, i.sent) < s.endpoint_since) as old) as o) as k
   where c.id = p_call and (c.settled is null or c.outcome = 'lost' and c.worker is not null);
end
$$;

comment on function bunkd.write_outcome(bigint, bunkd.answer, boolean) is
  'Writes into the ledger how a call ended; p_answer is bunkd.classify_answer''s, p_moved bunkd.has_moved''s. A '
  'worker that was thought gone and comes back knows better than lost. Nothing of the text of an answer is kept '
  'where the call had an older credential.';
