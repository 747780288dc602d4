create or replace function bunkd.clear_lanes(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  if not bunkd.has_cron() then
    return;
  elsif not exists (select from cron.job j
                     where starts_with(j.jobname::text, 'bunkd:' || p_schedule.name || ':')
                       and j.username = current_user
                       and j.jobname <> all (array(select bunkd.name_lane(p_schedule.name, g.n)
                                                     from generate_series(1, p_schedule.lanes) as g (n))))
        or not bunkd.can_change_jobs() then
    return;
  end if;
  perform bunkd.remove_lanes(p_schedule.name, p_schedule.lanes, p_at_once => false);
exception when others then  -- the next tick tries again
  raise log 'bunkd: the lanes of schedule % that nobody needs were not removed: %', p_schedule.name, sqlerrm;
end
$$;

comment on function bunkd.clear_lanes(bunkd.schedule) is
  'Removes the cron jobs of lanes that are no longer needed, once they have ended their call.';
