create or replace function bunkd.read_schedules(p_schedule text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object('format', 1, 'schedules', (
    select coalesce(jsonb_agg(jsonb_build_object(
             'schedule', s.name, 'pace', bunkd.find_pace(s), 'paused', bunkd.is_paused(s),
             'retired', bunkd.is_retired(s),
             'pause', bunkd.read_pause(s), 'fence', bunkd.fence(s), 'cron_schedule', s.cron_schedule,
             'transport_used', s.transport_used, 'lanes', s.lanes,
             'settings', bunkd.write_shown_settings(s), 'deployed', array(
               select d.key
                 from jsonb_each(coalesce(s.deployed -> 'file', '{}') || s.deployed) as d
                where to_jsonb(s) -> d.key is not distinct from d.value order by 1))
             order by s.name), '[]')
      from bunkd.schedule s where p_schedule is null or s.name = p_schedule));
end
$$;

comment on function bunkd.read_schedules(text) is
  'What bunkd-db schedule list and show say, of one schedule or all, as one object with its format: how each is set, '
  'without secrets, and which columns are as the last deploy set them (deployed). Keeps no lock, reads no queue.';
