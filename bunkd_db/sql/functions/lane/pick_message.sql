create or replace function bunkd.pick_message(
  p_schedule text,
  p_sender text,
  p_waited interval,
  p_begun timestamptz,
  out code text,
  out try integer,
  out function regprocedure,
  out url text,
  out body text,
  out timeout_ms integer
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the URL in it would be in the log of auto_explain
as $$
declare
  v_message bunkd.message;
begin
  if not exists (select from bunkd.message m where m.schedule = p_schedule and m.sent is null
                    and m.due <= clock_timestamp() - p_waited)
     or not bunkd.can_tell((select s from bunkd.schedule s where s.name = p_schedule)) then
    return;
  end if;
  -- One at a time: whoever waits for an answer makes no call.
  perform from bunkd.message m where m.schedule = p_schedule order by m.code for update nowait;
  select m.* into v_message from bunkd.message m
   where m.schedule = p_schedule and m.sent is null and m.due <= clock_timestamp() - p_waited
     and not exists (select from bunkd.message o
                      where o.schedule = p_schedule and o.sent > clock_timestamp() - interval '5 s')
   order by m.made limit 1;
  if not found then
    return;
  end if;
  url := bunkd.take_message(v_message, p_sender);
  if url is null then
    return;
  end if;
  code := v_message.code;
  try := v_message.tries + 1;
  function := bunkd.find_http();
  body := bunkd.write_message(v_message)::text;
  timeout_ms := bunkd.limit_timeout(4000, p_begun);
exception
  when lock_not_available then  -- another one picks it, or a tick is at work
    code := null;
  when others then  -- what tells of calls must not stop them; the error's own words could quote a URL
    code := null;
    raise log 'bunkd: no message of schedule % could be taken (SQLSTATE %)', p_schedule, sqlstate;
end
$$;

comment on function bunkd.pick_message(text, text, interval, timestamptz) is
  'Takes the oldest message that has been due for p_waited, for a lane or a tick (p_sender) that sends it with '
  'bunkd.send_request; code is null where there is none, or one is under way. The statement of the sender began at '
  'p_begun.';
