create or replace function bunkd.settle(p_schedule text) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_ended record;
  v_settled integer := 0;
  v_lost integer;
begin
  -- pg_net deletes a request and records its response in one transaction: a request that is gone has ended.
  for v_ended in
    select s.n, s.call, s.request, s.taken
      from bunkd.slot s
     where s.schedule = p_schedule and s.request is not null
       and not exists (select from net.http_request_queue q where q.id = s.request)
  loop
    -- Somebody else may have settled and retaken the slot meanwhile: look again under the row lock.
    perform from bunkd.slot s
      where s.schedule = p_schedule and s.n = v_ended.n and s.request = v_ended.request
      for update skip locked;
    continue when not found;
    update bunkd.slot set call = null, request = null, taken = null
     where schedule = p_schedule and n = v_ended.n;
    update bunkd.call c
       set settled = clock_timestamp(), outcome = o.outcome, status_code = o.status_code, job_id = o.job_id, detail = o.detail
      from bunkd.outcome(v_ended.request, v_ended.taken) as o
     where c.id = v_ended.call and c.settled is null;
    v_settled := v_settled + 1;
  end loop;

  -- A crash empties the slots and pg_net's queue together: what is open without a slot is lost.
  update bunkd.call c
     set settled = clock_timestamp(), outcome = 'lost', detail = 'the server crashed before the answer was recorded'
   where c.schedule = p_schedule and c.settled is null
     and not exists (select from bunkd.slot s where s.schedule = p_schedule and s.call = c.id);
  get diagnostics v_lost = row_count;
  return v_settled + v_lost;
end
$$;

comment on function bunkd.settle(text) is
  'Records how calls ended and frees their slots. Returns how many.';
