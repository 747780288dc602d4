create or replace function bunkd.settle_released(p_schedule text) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_net constant boolean := bunkd.has_net();
  v_call record;
  v_settled integer := 0;
begin
  for v_call in
    -- a birth in the future is of a clock that was ahead, and tells nothing
    select c.id, case when c.sent >= e.born or e.born > clock_timestamp() then c.request end as request, c.sent
      from bunkd.call c
      cross join (select min(s.born) as born from bunkd.slot s where s.schedule = p_schedule) as e
     where c.schedule = p_schedule and c.settled is null
       and not exists (select from bunkd.slot s where s.schedule = p_schedule and s.call = c.id)
     order by c.id limit 500 for update of c skip locked
  loop
    if v_net and v_call.request is not null then  -- apart: without pg_net the name alone would be an error
      continue when exists (select from net.http_request_queue q where q.id = v_call.request);
    end if;
    perform bunkd.settle_call(v_call.id, case when v_net then v_call.request end, v_call.sent);
    v_settled := v_settled + 1;
  end loop;
  return v_settled;
end
$$;

comment on function bunkd.settle_released(text) is
  'Records how calls ended that hold no slot any more: those whose slot went to the next job when theirs was done, and those of before a crash, which empties slots and pg_net''s queue together. Returns how many.';
