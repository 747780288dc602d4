create or replace function bunkd.at_commit() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning the small look-ups anew would cost more than they do
as $$
declare
  v_setting constant text := bunkd.wake_setting(new.schedule);
  v_left bigint;
begin
  if current_setting(v_setting, true) = new.xact || ' no more' then
    return null;
  end if;
  perform set_config(v_setting, '', true);  -- a write after SET CONSTRAINTS IMMEDIATE arms anew
  with mine as (
    delete from bunkd.wake w where w.xact = new.xact and w.schedule = new.schedule returning w.jobs_left
  )
  select sum(m.jobs_left) into v_left from mine as m;
  if v_left is not null then  -- else an earlier row of this transaction has dispatched for all of them
    perform bunkd.dispatch(new.schedule, case when v_left > 0 then 'refill' else 'wake' end, least(v_left, 1000)::integer);
  end if;
  return null;
exception when others then  -- a wake never fails the application's write; it is counted, and the tick comes
  perform set_config(v_setting, new.xact || ' no more', true);
  perform nextval('bunkd.wake_failed');
  raise log 'bunkd: a wake failed: %', sqlerrm;
  return null;
end
$$;

comment on function bunkd.at_commit() is
  'Deferred trigger of bunkd.wake: dispatches at the commit of a transaction that wrote to the queue, once, however many rows. An open transaction holds no slot.';
