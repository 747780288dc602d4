create or replace function bunkd.settle_released(p_schedule text, p_in_write boolean default false) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_net boolean;
  v_call record;
  v_settled integer := 0;
begin
  -- What most ticks find, at a tenth of the cost of the question below.
  if not exists (select from bunkd.call c where c.schedule = p_schedule and c.settled is null) then
    return 0;
  end if;
  for v_call in
    -- a birth in the future is of a clock that was ahead, and tells nothing
    select c.id, case when c.sent >= e.born or e.born > clock_timestamp() then c.request end as request, c.sent, c.moved
      from bunkd.call c
      cross join (select min(s.born) as born from bunkd.slot s where s.schedule = p_schedule) as e
     where c.schedule = p_schedule and c.settled is null
       and not exists (select from bunkd.slot s where s.schedule = p_schedule and s.call = c.id)
     order by c.id limit case when p_in_write then 20 else 500 end for update of c skip locked
  loop
    v_net := coalesce(v_net, bunkd.find_readable_queue() is not null);
    if v_net and v_call.request is not null then  -- apart: without pg_net the name alone would be an error
      continue when exists (select from net.http_request_queue q where q.id = v_call.request);
    end if;
    -- Many may fill pg_net's table, and each call is looked for in all that is younger: a tick has the time, a write
    -- has not.
    exit when bunkd.settle_call(p_schedule, v_call.id, case when v_net then v_call.request end, v_call.sent,
                                v_call.moved,
                                case when p_in_write then 1000 end) is null;
    v_settled := v_settled + 1;
  end loop;
  return v_settled;
end
$$;

comment on function bunkd.settle_released(text, boolean) is
  'Records how calls ended that hold no slot any more: those whose slot went to the next job when theirs was done, '
  'and those of before a crash, which empties slots and pg_net''s queue together. In a write 20 at most, each looked '
  'for among 1,000 responses: a tick does the rest. Returns how many.';
