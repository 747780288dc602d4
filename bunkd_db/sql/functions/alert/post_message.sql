create or replace function bunkd.post_message(p_message bunkd.message) returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the URL in it would be in the log of auto_explain
as $$
declare
  v_url text;
begin
  perform bunkd.guard_net();
  v_url := bunkd.read_credential(p_message.schedule, p_message.place);
  return net.http_post(
    url := v_url,
    body := bunkd.write_message(p_message),
    headers := '{"Content-Type": "application/json"}',
    -- pg_net begins no other batch while it waits for this: no call must wait for long
    timeout_milliseconds := 4000);
end
$$;

comment on function bunkd.post_message(bunkd.message) is
  'Hands a message to pg_net, to the URL that is kept for it. Returns pg_net''s id. Raises what bunkd.guard_net and '
  'bunkd.read_credential raise.';
