create or replace function bunkd.find_lane_reason(p_schedule bunkd.schedule, p_shape bunkd.queue_shape) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_since constant timestamptz := (bunkd.find_brake(p_schedule, 'worker')).empty_since;
  v_new boolean := false;
begin
  -- The function has found no job: like a write that wakes, a job that was queued since then is news.
  if v_since is not null and p_shape.created_column is not null then
    execute format('select exists (select from %s where %s and %I > $1)', p_shape.queue, p_shape.claimable,
                   p_shape.created_column)
      into v_new using (select max(c.sent) from bunkd.call c
                         where c.schedule = p_schedule.name and c.settled > v_since and c.outcome = 'empty');
  end if;
  return case when v_new then 'wake' else 'worker' end;
end
$$;

comment on function bunkd.find_lane_reason(bunkd.schedule, bunkd.queue_shape) is
  'For which reason a lane calls: worker, it has looked by itself, or wake, where a back-off for empty answers is over '
  'because a job was queued after them.';
