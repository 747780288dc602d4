create or replace function bunkd.keep_up(p_schedule bunkd.schedule, p_shape bunkd.queue_shape) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_wake text;
  v_rescue text;
begin
  perform bunkd.ensure_slots(p_schedule);
  delete from bunkd.wake where schedule = p_schedule.name;  -- what a failed wake has left
  v_rescue := bunkd.rescue_jobs(p_schedule, p_shape);
  v_wake := bunkd.attach_wake(p_schedule, p_shape);
  update bunkd.last_tick t set wake_problem = v_wake, rescue_problem = v_rescue
   where t.schedule = p_schedule.name
     and (t.wake_problem is distinct from v_wake or t.rescue_problem is distinct from v_rescue);
end
$$;

comment on function bunkd.keep_up(bunkd.schedule, bunkd.queue_shape) is
  'What a tick does besides calling: makes sure of the slots and of the wake, and rescues. What it could not do, and '
  'why, is in bunkd.last_tick (wake_problem, rescue_problem).';
