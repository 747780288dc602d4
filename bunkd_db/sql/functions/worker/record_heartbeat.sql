create or replace function bunkd.record_heartbeat(p_schedule text, p_worker text, p_state jsonb) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_told boolean;
  v_new boolean;
begin
  if (p_state -> 'leaving')::boolean then
    delete from bunkd.worker w where w.id = p_worker;
    return false;
  end if;
  v_told := (select w.seen between clock_timestamp() - interval '5 s' and clock_timestamp()
                    and (w.listens, w.able) = ((p_state -> 'listens')::boolean, (p_state -> 'able')::boolean)
               from bunkd.worker w where w.id = p_worker);
  if v_told then
    return false;
  elsif v_told is null
     and (select count(*) from (select from bunkd.worker w where w.schedule = p_schedule limit 1000) as o) = 1000 then
    delete from bunkd.worker w
     where w.id = any (array(select o.id from bunkd.worker o where o.schedule = p_schedule
                               and o.seen < clock_timestamp() - interval '1 minute' for update skip locked));
    if not found then
      raise exception 'schedule % has 1000 workers, and can have no more', p_schedule
        using errcode = 'configuration_limit_exceeded',
          hint = 'Let a worker keep its name; one that was not seen for a minute makes room.';
    end if;
  end if;
  insert into bunkd.worker as w (id, schedule, listens, able)
  values (p_worker, p_schedule, (p_state -> 'listens')::boolean, (p_state -> 'able')::boolean)
  on conflict (id) do update set seen = clock_timestamp(), listens = excluded.listens, able = excluded.able
  returning w.xmax = '0'::xid into v_new;
  return coalesce(v_new, false);
end
$$;

comment on function bunkd.record_heartbeat(text, text, jsonb) is
  'Records that a worker is there, every 5 seconds at most, or that it leaves. Returns whether it is a new one.';
