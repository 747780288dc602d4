create or replace function bunkd.retire_schedules(p_declared jsonb, p_but text) returns text[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_retired text[] := '{}';
begin
  for v_schedule in
    select s.* from bunkd.schedule s
     where s.deployed ->> 'by' = 'file' and not p_declared ? s.name and s.name is distinct from p_but
       and not bunkd.is_retired(s)
     order by s.name for update
  loop
    update bunkd.schedule s set deployed = s.deployed || '{"retired": true}' where s.name = v_schedule.name;
    perform bunkd.record_change(v_schedule.name, 'retire');
    perform bunkd.unregister_job(v_schedule.name);
    delete from bunkd.slot s where s.schedule = v_schedule.name and s.call is null;
    v_retired := v_retired || v_schedule.name;
  end loop;
  return v_retired;
end
$$;

comment on function bunkd.retire_schedules(jsonb, text) is
  'Takes every schedule out of use that the file has made and no longer declares, but p_but, which the run has named: '
  'no calls, no cron jobs, no free slots, and bunkd.attach_wakes takes its wake off. Its record, its settings, its '
  'pause and its credential stay. Returns whom.';
