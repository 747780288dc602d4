create or replace function bunkd.write_outcome(p_call bigint, p_answer bunkd.answer, p_moved boolean default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update bunkd.call c
     set settled = clock_timestamp(), outcome = bunkd.refine_outcome(p_answer, p_moved), moved = p_moved, status_code = p_answer.status_code,
         job_id = p_answer.job_id, detail = p_answer.detail, retry_at = p_answer.retry_at
   where c.id = p_call and (c.settled is null or c.outcome = 'lost' and c.worker is not null);
end
$$;

comment on function bunkd.write_outcome(bigint, bunkd.answer, boolean) is
  'Writes into the ledger how a call ended; p_answer is bunkd.classify_answer''s, p_moved bunkd.has_moved''s. A worker that was thought gone and comes back knows better than lost.';
