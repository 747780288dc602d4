create or replace function bunkd.settle_call(p_call bigint, p_request bigint, p_sent timestamptz) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer record;
begin
  v_answer := bunkd.outcome(p_request, p_sent);
  update bunkd.call c
     set settled = clock_timestamp(), outcome = v_answer.outcome, status_code = v_answer.status_code,
         job_id = v_answer.job_id, detail = v_answer.detail, retry_at = v_answer.retry_at
   where c.id = p_call and c.settled is null;
  return v_answer.outcome;
end
$$;

comment on function bunkd.settle_call(bigint, bigint, timestamptz) is
  'Writes into the ledger how a call ended, by pg_net''s response to its request; lost where there is none. Returns the outcome.';
