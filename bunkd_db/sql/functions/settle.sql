create or replace function bunkd.settle(p_schedule bunkd.schedule) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_ended record;
  v_net constant oid := case when bunkd.has_net() then to_regclass('net.http_request_queue') end;
  v_ours boolean;
  v_outcome text;
  v_settled integer := 0;
begin
  for v_ended in select o.* from bunkd.observe(p_schedule.name) as o where o.ended loop
    -- Somebody else may have settled and retaken the slot meanwhile: look again under the row lock.
    select s.net_queue = v_net into v_ours from bunkd.slot s
      where s.schedule = p_schedule.name and s.n = v_ended.n and s.request = v_ended.request and s.detached = v_ended.detached
      for update skip locked;
    continue when not found;
    if not v_ended.detached then
      v_outcome := bunkd.settle_call(v_ended.call, case when v_ours then v_ended.request end, v_ended.taken);
      v_settled := v_settled + 1;
      if v_outcome = 'timeout' and p_schedule.on_timeout = 'detach' then
        perform bunkd.detach_slot(p_schedule, v_ended.n);
        continue;
      end if;
    end if;
    perform bunkd.free_slot(p_schedule.name, v_ended.n);
  end loop;
  return v_settled;
end
$$;

comment on function bunkd.settle(bunkd.schedule) is
  'Records how calls ended and frees their slots; under detach a timed out call keeps its slot until its job ends or rescue_after. Returns how many calls.';
