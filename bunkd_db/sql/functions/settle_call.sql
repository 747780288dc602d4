create or replace function bunkd.settle_call(p_call bigint, p_request bigint, p_sent timestamptz) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer constant record := bunkd.outcome(p_request, p_sent);
begin
  perform bunkd.write_outcome(p_call, v_answer);
  return v_answer.outcome;
end
$$;

comment on function bunkd.settle_call(bigint, bigint, timestamptz) is
  'Writes into the ledger how a call ended, by pg_net''s response to its request; lost where there is none. Returns the outcome.';
