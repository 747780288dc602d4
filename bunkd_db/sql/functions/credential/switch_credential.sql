create or replace function bunkd.switch_credential(p_schedule text, p_staged timestamptz) returns timestamptz
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
begin
  perform from bunkd.schedule s where s.name = p_schedule for update;
  perform from bunkd.rotation r where r.schedule = p_schedule and r.switched is null for update;
  if not found or not bunkd.can_read_credential(p_schedule, 'next')
     or (select c.set_at from bunkd.credential c where c.schedule = p_schedule and c.place = 'next')
        is distinct from p_staged then
    return null;
  end if;
  perform set_config('bunkd.why', 'switched to the staged credential; the former one is kept in its place', true);
  perform bunkd.swap_credentials(p_schedule);
  perform set_config('bunkd.why', '', true);
  -- first_call: whoever looks first after the commit sets it
  update bunkd.rotation r set switched = clock_timestamp(), first_call = null, at_work = clock_timestamp()
   where r.schedule = p_schedule;
  return (select c.set_at from bunkd.credential c where c.schedule = p_schedule and c.place = 'current');
end
$$;

comment on function bunkd.switch_credential(text, timestamptz) is
  'The step of a rotation after which calls have the next credential, if that is still the one that was staged at '
  'p_staged; the former one stays, to fall back to. Returns when the current one was set; null: there was none to '
  'switch to.';
