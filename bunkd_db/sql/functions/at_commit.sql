create or replace function bunkd.at_commit() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning the small look-ups anew would cost more than they do
as $$
declare
  v_left integer;
begin
  v_left := coalesce(split_part(current_setting(new.setting, true), ' ', 2), '0')::integer;
  perform set_config(new.setting, '', true);  -- a write after SET CONSTRAINTS IMMEDIATE arms anew
  perform bunkd.dispatch(new.schedule, case when v_left > 0 then 'refill' else 'wake' end, v_left);
  return null;
exception when others then  -- a wake never fails the application's write; it is counted, and the tick comes
  perform nextval('bunkd.wake_failed');
  raise log 'bunkd: a wake failed: %', sqlerrm;
  return null;
end
$$;

comment on function bunkd.at_commit() is
  'Deferred trigger of bunkd.wake: dispatches at the commit of a transaction that wrote to the queue, once, however many rows. An open transaction holds no slot.';
