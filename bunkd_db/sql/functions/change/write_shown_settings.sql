create or replace function bunkd.write_shown_settings(p_schedule bunkd.schedule) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
begin
  return to_jsonb(p_schedule)
    - array['name', 'endpoint_since', 'deployed', 'system_identifier', 'database_oid', 'timeline', 'held_xid',
            'held_after', 'registered', 'cron_schedule', 'job_obstacle', 'job_id', 'job_role', 'mode_code',
            'transport_used', 'lanes']
    || jsonb_build_object(
         'url', regexp_replace(p_schedule.url, '[?#].*$', ''),
         'headers', case when jsonb_typeof(p_schedule.headers) = 'object' then
                      (select coalesce(jsonb_agg(k.name order by k.name), '[]')
                         from jsonb_object_keys(p_schedule.headers) as k (name)) end,
         'body', '***');
end
$$;

comment on function bunkd.write_shown_settings(bunkd.schedule) is
  'What is set in a schedule, by column, without what may be secret (the url''s query, header values, body) and '
  'without what bunkd notes for itself.';
