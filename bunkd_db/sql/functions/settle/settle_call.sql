create or replace function bunkd.settle_call(
  p_schedule text,
  p_call bigint,
  p_request bigint,
  p_sent timestamptz,
  p_moved boolean default null,
  p_look_at integer default null
) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer constant bunkd.answer := bunkd.read_answer(p_schedule, p_request, p_sent, p_look_at);
begin
  if v_answer.outcome is null then
    return null;
  end if;
  perform bunkd.write_outcomes(array[p_call], array[v_answer], array[p_moved]);
  return v_answer.outcome;
end
$$;

comment on function bunkd.settle_call(text, bigint, bigint, timestamptz, boolean, integer) is
  'Writes into the ledger how a call ended, by pg_net''s response to its request; lost where there is none. p_moved '
  'is bunkd.has_moved''s answer. Returns the outcome; null where the response is not among the first p_look_at.';
