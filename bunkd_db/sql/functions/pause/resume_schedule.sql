create or replace function bunkd.resume_schedule(p_schedule text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_old bunkd.schedule;
begin
  v_old := bunkd.lock_schedule(p_schedule);
  if not bunkd.is_paused(v_old) then  -- one that has ended is written down by the next tick
    return false;
  end if;
  if bunkd.is_retired(v_old) then
    perform bunkd.record_change(p_schedule, 'resume');
  end if;
  update bunkd.schedule s
     set paused = false, paused_until = null, paused_because = null,
         deployed = s.deployed - case when bunkd.is_retired(v_old) then array['retired', 'by', 'file'] else '{}' end
   where s.name = p_schedule;
  if bunkd.can_notify_workers(p_schedule) then
    perform pg_notify('bunkd:' || p_schedule, '');
  end if;
  return true;
end
$$;

comment on function bunkd.resume_schedule(text) is
  'Lets a schedule call again that is paused, or retired, which takes it from its file. Returns whether it was. Jobs '
  'that wait are called for at the next tick; one that was retired has its cron jobs after an upgrade.';
