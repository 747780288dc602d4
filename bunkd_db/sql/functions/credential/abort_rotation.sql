create or replace function bunkd.abort_rotation(p_schedule text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
  v_rotation bunkd.rotation;
begin
  perform from bunkd.schedule s where s.name = p_schedule for update;
  select r.* into v_rotation from bunkd.rotation r where r.schedule = p_schedule for update;
  if not found then
    return 'NONE';
  elsif v_rotation.switched is not null then
    perform set_config('bunkd.why', 'returned to the former credential', true);
    perform bunkd.swap_credentials(p_schedule);
    perform set_config('bunkd.why', '', true);
  end if;
  perform bunkd.end_rotation(p_schedule);
  return case when v_rotation.switched is null then 'DROPPED' else 'FELL_BACK' end;
end
$$;

comment on function bunkd.abort_rotation(text) is
  'Takes a rotation back: forgets what was staged (DROPPED), or after the switch makes the former credential the '
  'current one again (FELL_BACK). NONE: there is no rotation.';
