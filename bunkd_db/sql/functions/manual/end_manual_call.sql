create or replace function bunkd.end_manual_call(p_schedule text, p_worker text, p_answer jsonb) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
set lock_timeout = '2s'
as $$
declare
  v_schedule bunkd.schedule;
begin
  perform bunkd.lock_tick(p_schedule, p_wait => true);
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  perform bunkd.settle_answers(v_schedule, p_worker, jsonb_build_object(
    'known', jsonb_build_array(p_answer -> 'call'), 'answers', jsonb_build_array(p_answer)));
  perform bunkd.refill_slots(v_schedule);
end
$$;

comment on function bunkd.end_manual_call(text, text, jsonb) is
  'Records how a call of bunkd.start_manual_call ended that p_worker has sent: p_answer is one of the answers that '
  'bunkd.worker_exchange_v1 takes. Its slot is free then, or detached.';
