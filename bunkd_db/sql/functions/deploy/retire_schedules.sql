create or replace function bunkd.retire_schedules(p_declared jsonb) returns text[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_retired text[] := '{}';
begin
  for v_schedule in
    select s.* from bunkd.schedule s
     where s.deployed ->> 'by' = 'file' and not p_declared ? s.name and not bunkd.is_retired(s)
     order by s.name for update
  loop
    if v_schedule.deployed ? 'retired' then  -- somebody has resumed it since: it is theirs
      update bunkd.schedule s set deployed = s.deployed - 'retired' - 'by' where s.name = v_schedule.name;
      continue;
    end if;
    -- its pause as it was, for a file that declares it again
    update bunkd.schedule s
       set paused = true, paused_until = null, paused_because = 'its file no longer declares it',
           deployed = s.deployed || jsonb_build_object('retired', jsonb_build_object(
             'paused', bunkd.is_paused(s), 'paused_until', s.paused_until, 'paused_because', s.paused_because))
     where s.name = v_schedule.name;
    perform bunkd.unregister_job(v_schedule.name);
    delete from bunkd.slot s where s.schedule = v_schedule.name and s.call is null;
    v_retired := v_retired || v_schedule.name;
  end loop;
  return v_retired;
end
$$;

comment on function bunkd.retire_schedules(jsonb) is
  'Takes every schedule out of use that the file has made and no longer declares: paused, without cron jobs and free '
  'slots, and bunkd.attach_wakes takes its wake off. Its record, its settings and its credential stay. Returns whom.';
