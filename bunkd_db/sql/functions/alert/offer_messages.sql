create or replace function bunkd.offer_messages(p_schedule text, p_worker text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the URL in it would be in the log of auto_explain
as $$
declare
  v_message bunkd.message;
  v_url text;
  v_offered jsonb := '[]';
begin
  for v_message in
    select m.* from bunkd.message m
     where m.schedule = p_schedule and m.sent is null and m.due <= clock_timestamp() order by m.made limit 10
  loop
    v_url := bunkd.take_message(v_message, p_worker);
    continue when v_url is null;
    v_offered := v_offered || jsonb_build_object('code', v_message.code, 'try', v_message.tries + 1, 'url', v_url,
                                                 'body', bunkd.write_message(v_message), 'timeout_ms', 4000);
  end loop;
  return v_offered;
end
$$;

comment on function bunkd.offer_messages(text, text) is
  'Hands the messages of a schedule that are due to a worker, which sends them besides its calls. The caller holds the '
  'tick, so that no two workers get the same.';
