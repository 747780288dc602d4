create or replace function bunkd.send_overdue_message(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_message record;
  v_said jsonb;
begin
  v_message := bunkd.pick_message(p_schedule, 'tick', interval '1 minute', statement_timestamp());
  if v_message.code is not null then
    v_said := bunkd.send_request(null, v_message.function, v_message.url, '{}', v_message.body, v_message.timeout_ms,
                                 v_message.url);
    perform bunkd.end_message(p_schedule, v_message.code, v_message.try, 'tick', v_said - 'content');
  end if;
end
$$;

comment on function bunkd.send_overdue_message(text) is
  'For a tick, where lanes send: sends the oldest message that no lane has taken for a minute, because all of them are '
  'in calls, or none runs. Whatever the tick holds, it holds for up to 4 seconds then.';
