create or replace function bunkd.take_message(p_message bunkd.message, p_sender text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the URL in it would be in the log of auto_explain
as $$
declare
  v_url text;
begin
  update bunkd.message m set tries = m.tries + 1, sent = clock_timestamp(), request = null, worker = p_sender
   where m.schedule = p_message.schedule and m.code = p_message.code;
  v_url := bunkd.find_credential(p_message.schedule, p_message.place);
  if v_url is null then
    perform bunkd.settle_message(p_message.schedule, p_message.code, null, 'its URL can no longer be read');
  end if;
  return v_url;
end
$$;

comment on function bunkd.take_message(bunkd.message, text) is
  'Notes that a worker, a lane or a tick (p_sender) sends a message that is due. Returns the URL that it goes to; null '
  'where that cannot be read: then this try has failed.';
