create or replace function bunkd.end_message(
  p_schedule text,
  p_code text,
  p_try integer,
  p_sender text,
  p_said jsonb
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bunkd.settle_message(m.schedule, m.code, (p_said ->> 'status_code')::integer, case
      when p_said -> 'sent' = 'false' then 'the extension http is gone or cannot be used'
      when (p_said -> 'timed_out')::boolean then 'nobody answered within 4 s'
      when p_said ? 'error' then 'it cannot be reached: ' || bunkd.clean_text(p_said ->> 'error', null) end)
    from bunkd.message m
   where m.schedule = p_schedule and m.code = p_code and m.worker = p_sender and m.tries = p_try and m.sent is not null;
exception when lock_not_available or deadlock_detected then
  null;  -- after 30 seconds it counts as failed, and is sent again
end
$$;

comment on function bunkd.end_message(text, text, integer, text, jsonb) is
  'Records how a message ended that a lane or a tick (p_sender) has sent: p_said is what bunkd.send_request returned.';
