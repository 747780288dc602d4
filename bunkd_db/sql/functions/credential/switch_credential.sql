create or replace function bunkd.switch_credential(p_schedule text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
begin
  perform from bunkd.schedule s where s.name = p_schedule for update;
  perform from bunkd.rotation r where r.schedule = p_schedule and r.switched is null for update;
  if not found or not bunkd.can_read_credential(p_schedule, 'next') then
    return false;
  end if;
  -- Every dispatch holds it until its commit: what was sent before has a number before.
  lock table bunkd.gate in exclusive mode;
  perform bunkd.swap_credentials(p_schedule);
  update bunkd.rotation r
     set switched = clock_timestamp(), first_call = nextval('bunkd.call_id_seq'), at_work = clock_timestamp()
   where r.schedule = p_schedule;
  return true;
end
$$;

comment on function bunkd.switch_credential(text) is
  'The step of a rotation after which calls have the next credential; the former one stays, to fall back to. Returns '
  'whether there was one to switch to.';
