create or replace function bunkd.read_settings(p_schedule bunkd.schedule) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'call_url', regexp_replace(p_schedule.url, '[?#].*$', ''),  -- what follows may hold a key
    'header_names', case when jsonb_typeof(p_schedule.headers) = 'object' then
                      array(select k.name from jsonb_object_keys(p_schedule.headers) as k (name) order by 1) end,
    'credential', (select concat_ws(', in ', c.kind, c.store)
                     from bunkd.credential c
                    where c.schedule = p_schedule.name and c.place = 'current'),
    'timeout_seconds', p_schedule.timeout_ms / 1000.0,
    'on_timeout', p_schedule.on_timeout,
    'jobs_per_call', p_schedule.jobs_per_call,
    'wake', p_schedule.wake,
    'cron_schedule', p_schedule.cron_schedule,
    'status_column', p_schedule.status_column,
    'status_waiting', p_schedule.status_waiting,
    'status_active', p_schedule.status_active,
    'status_done', p_schedule.status_done,
    'status_failed', p_schedule.status_failed,
    'queue_where', p_schedule.queue_where)
$$;

comment on function bunkd.read_settings(bunkd.schedule) is
  'For bunkd.read_status: how a schedule is set, without what may be secret (query, header values, body, credential).';
