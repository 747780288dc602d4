create or replace function bunkd.write_outcomes(p_calls bigint[], p_answers bunkd.answer[], p_moved boolean[])
  returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- a worker's session keeps the plan that it made while the ledger was empty
set jit = off
as $$
begin
  update bunkd.call c
     set settled = clock_timestamp(), outcome = bunkd.refine_outcome(o.answer, o.moved), moved = o.moved,
         status_code = (o.answer).status_code,
         -- What such an answer quotes is the credential of before, which nobody can mask any more.
         job_id = case when (o.answer).outcome = 'lost' or coalesce(c.endpoint_since, c.sent) >= s.endpoint_since
                    then (o.answer).job_id end,
         detail = case when (o.answer).outcome = 'lost' or coalesce(c.endpoint_since, c.sent) >= s.endpoint_since
                         then (o.answer).detail
                       when (o.answer).detail is not null
                         then 'not kept: the call was sent before the last change of the url or credential' end,
         retry_at = (o.answer).retry_at
    from (select p_calls[i.n] as call, p_answers[i.n] as answer, p_moved[i.n] as moved
            from generate_subscripts(p_calls, 1) as i (n)) as o,
         bunkd.schedule s
   where c.id = o.call
     and c.id = any (p_calls)  -- by its key: else a ledger of some thousand calls is read from end to end
     and s.name = c.schedule
     and (c.settled is null or c.outcome = 'lost' and c.worker is not null);
end
$$;

comment on function bunkd.write_outcomes(bigint[], bunkd.answer[], boolean[]) is
  'Writes into the ledger how calls ended; the answers are bunkd.classify_answer''s, p_moved bunkd.has_moved''s. A '
  'worker that was thought gone and comes back knows better than lost. Nothing of the text of an answer is kept '
  'where the call had an older credential.';
