create or replace function bunkd.settle_messages(p_schedule text, p_code text default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the URL in it would be in the log of auto_explain
as $$
declare
  v_message bunkd.message;
  v_waits boolean;
  v_answer bunkd.answer;
begin
  for v_message in
    select m.* from bunkd.message m
     where m.schedule = p_schedule and m.sent is not null and m.code = coalesce(p_code, m.code)
  loop
    if v_message.request is null then  -- a lane's, or a worker's, from before the database made the calls itself
      perform bunkd.settle_message(p_schedule, v_message.code, null, 'whoever was to send it did not report')
        where v_message.sent < clock_timestamp() - interval '30 s';
      continue;
    end if;
    v_waits := false;
    if bunkd.find_readable_queue() is not null then
      v_waits := exists (select from net.http_request_queue q where q.id = v_message.request);
    end if;
    continue when v_waits;
    v_answer := bunkd.read_answer(p_schedule, v_message.request, v_message.sent);
    perform bunkd.settle_message(p_schedule, v_message.code, v_answer.status_code, case v_answer.outcome
      when 'timeout' then 'nobody answered within 4 s'
      when 'network_error' then 'it cannot be reached: '
        || coalesce(bunkd.clean_text(v_answer.detail, bunkd.find_credential(p_schedule, v_message.place)), 'no reason')
      when 'lost' then 'pg_net kept no answer' end);
  end loop;
end
$$;

comment on function bunkd.settle_messages(text, text) is
  'Looks at what pg_net''s messages of a schedule, or the one of a code, were answered, as far as they have ended. One '
  'that a lane or a worker has not reported after 30 seconds counts as failed.';
