create or replace function bunkd.explain_job(p_job text, p_schedule text default null)
returns table (schedule text, answer jsonb)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
begin
  for v_schedule in
    select s.* from bunkd.schedule s where p_schedule is null or s.name = p_schedule order by s.name
  loop
    begin
      schedule := v_schedule.name;
      answer := jsonb_build_object(
          'format', 1, 'at', extract(epoch from clock_timestamp()), 'queue_table', v_schedule.queue_table)
        || bunkd.read_job(v_schedule, p_job);
      -- Takes the locks back, as bunkd.read_status does: who asks in a transaction that stays open keeps none.
      raise exception using errcode = 'BUNKD', message = 'read';
    exception when sqlstate 'BUNKD' then
      null;
    end;
    return next;
  end loop;
end
$$;

comment on function bunkd.explain_job(text, text) is
  'Why a job is where it is, for bunkd-db explain. Keeps no lock. SECURITY DEFINER: a reader cannot read the queue.';
