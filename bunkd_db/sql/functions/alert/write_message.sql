create or replace function bunkd.write_message(p_message bunkd.message) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_alert bunkd.alert;
  v_text text;
  v_time constant text := 'YYYY-MM-DD"T"HH24:MI:SS"Z"';
begin
  select a.* into v_alert from bunkd.alert a where a.schedule = p_message.schedule and a.code = p_message.code;
  v_text := case p_message.state
    when 'started' then format('%s: %s (%s, since %s UTC). %s %s', p_message.schedule, v_alert.detail, p_message.code,
                               to_char(v_alert.since at time zone 'UTC', 'HH24:MI'), v_alert.remedy,
                               array_to_string(v_alert.commands, ' '))
    when 'over' then format('%s: over: %s (%s, from %s to %s UTC)', p_message.schedule, v_alert.detail, p_message.code,
                            to_char(v_alert.since at time zone 'UTC', 'HH24:MI'),
                            to_char(v_alert.cleared at time zone 'UTC', 'HH24:MI'))
    when 'test' then format('%s: this is a test of bunkd-db', p_message.schedule)
    else format('%s: the queue moves', p_message.schedule) end;
  return jsonb_build_object(
    -- as Slack wants it: what a name or a message of others says must not become a mention or a link
    'text', replace(replace(replace(btrim(v_text), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
    'source', 'bunkd-db', 'format', 1,
    'schedule', p_message.schedule, 'database', current_database(),
    'host', (select substring(s.url from '^https?://([^/?#:]+)') from bunkd.schedule s
              where s.name = p_message.schedule),
    'code', p_message.code, 'state', p_message.state,
    'level', case p_message.state when 'started' then 'error' else 'info' end,
    'timestamp', to_char(p_message.made at time zone 'UTC', v_time),
    'since', to_char(v_alert.since at time zone 'UTC', v_time),
    'until', to_char(v_alert.cleared at time zone 'UTC', v_time),
    'detail', v_alert.detail,
    'remedy', case p_message.state when 'started' then v_alert.remedy end,
    'commands', case p_message.state when 'started' then v_alert.commands end,
    'fingerprint', array[current_database()::text, p_message.schedule, p_message.code]);
end
$$;

comment on function bunkd.write_message(bunkd.message) is
  'The body of a message: one JSON object, whose text is for people. Of the queue it has counts and times; nothing of '
  'a job, no secret, no URL.';
