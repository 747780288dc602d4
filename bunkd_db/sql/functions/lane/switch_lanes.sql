create or replace function bunkd.switch_lanes(p_schedule bunkd.schedule, p_shape bunkd.queue_shape) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_wanted integer;
  v_shape bunkd.queue_shape := p_shape;
begin
  if p_schedule.lanes <= 2 or not bunkd.has_cron() then
    return;
  elsif not exists (select from cron.job j where j.username = current_user and j.active
                     and j.jobname = bunkd.name_lane(p_schedule.name, p_schedule.lanes)
                     and j.schedule = bunkd.write_lane_schedule(p_schedule.lanes)) then
    return;  -- they are few, or on already: the last one is the first to rest
  end if;
  if v_shape is null then
    v_shape := bunkd.read_queue_shape(p_schedule);
  end if;
  p_schedule.max_in_flight := bunkd.find_bound(p_schedule);
  -- one more than are at work: whoever comes next must find one that looks
  v_wanted := bunkd.count_busy_lanes(p_schedule.name) + 1
    + (select w.wanted from bunkd.count_wanted_calls(p_schedule, v_shape, 'wake') as w);
  if v_wanted <= 2 or not bunkd.can_change_jobs() then
    return;
  end if;
  perform bunkd.alter_cron_job(j.jobid, p_schedule => '1 second', p_active => null)
    from generate_series(3, least(v_wanted, p_schedule.lanes)) as g (n)
    join cron.job j on j.jobname = bunkd.name_lane(p_schedule.name, g.n) and j.username = current_user and j.active
      and j.schedule = bunkd.write_lane_schedule(g.n);
exception when others then  -- the call is made all the same, with fewer beside it
  raise log 'bunkd: the lanes of schedule % were not switched on: %', p_schedule.name, sqlerrm;
end
$$;

comment on function bunkd.switch_lanes(bunkd.schedule, bunkd.queue_shape) is
  'Lets the lanes that rest run, as many as there are calls to make and one more: pg_cron starts them within a second.';
