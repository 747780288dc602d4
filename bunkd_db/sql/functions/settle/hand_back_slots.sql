create or replace function bunkd.hand_back_slots(
  p_schedule bunkd.schedule,
  p_finished_jobs integer,
  p_shape bunkd.queue_shape
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- a request that anybody else has locked is sent later, and needs its slot then
  v_net constant xid[] := bunkd.find_net_transactions();
  v_left integer := p_finished_jobs;
  v_slot record;
  v_rest integer;
begin
  for v_slot in
    select o.n, o.call, o.detached from bunkd.read_slots(p_schedule.name) as o
     where o.picked and o.worker is null and o.lockers <@ v_net or o.detached
     order by o.picked desc, o.taken, o.n
  loop
    exit when v_left <= 0;
    select p_schedule.jobs_per_call - s.jobs_left into v_rest from bunkd.slot s
      where s.schedule = p_schedule.name and s.n = v_slot.n and s.call = v_slot.call and s.detached = v_slot.detached
      for update skip locked;
    if v_rest <= v_left then
      perform bunkd.free_slots(p_schedule.name, v_slot.n);
    elsif v_rest is not null then
      update bunkd.slot set jobs_left = jobs_left + v_left where schedule = p_schedule.name and n = v_slot.n;
    end if;
    v_left := v_left - coalesce(greatest(v_rest, 0), 0);
  end loop;
  -- A call that has processed fewer jobs than it can is about to end, and nobody would look then.
  if p_finished_jobs > 0 and p_schedule.jobs_per_call > 1
     and bunkd.count_active(p_schedule, p_shape, p_known => false, p_limit => 1) = 0 then
    perform bunkd.free_oldest(p_schedule.name);
  end if;
end
$$;

comment on function bunkd.hand_back_slots(bunkd.schedule, integer, bunkd.queue_shape) is
  'Frees one slot for each jobs_per_call jobs that have left the active state: of a call that pg_net has under way '
  'and that is about to end, the oldest first, else of a detached one, never of one that is not sent yet, nor of a '
  'worker''s, who says so himself. What is left over is remembered; where no row is active any more, one slot more. '
  'p_shape matters only where one call may work off several jobs.';
