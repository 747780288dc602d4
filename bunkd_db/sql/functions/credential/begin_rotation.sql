create or replace function bunkd.begin_rotation(p_schedule text, p_stages boolean) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_rotation bunkd.rotation;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule for update;
  select * into v_rotation from bunkd.rotation r where r.schedule = p_schedule;
  if v_schedule.mode is distinct from 'native' then
    return 'EXTERNAL';
  elsif bunkd.fence(v_schedule) is not null then
    return 'COPY';
  elsif not bunkd.can_read_credential(p_schedule) then
    return 'NO_CREDENTIAL';
  elsif v_schedule.url is null then
    return 'NO_URL';
  elsif v_rotation.switched is not null then
    return 'WATCHED';
  elsif v_rotation.at_work
    > clock_timestamp() - interval '1 minute' - make_interval(secs => v_schedule.timeout_ms / 1000.0) then
    return 'BUSY';
  elsif not p_stages and not bunkd.can_read_credential(p_schedule, 'next') then
    return 'NOTHING_STAGED';
  end if;
  insert into bunkd.rotation (schedule, at_work) values (p_schedule, clock_timestamp())
  on conflict (schedule) do update set at_work = excluded.at_work;
  return case when v_rotation.schedule is null or not p_stages then 'BEGUN' else 'REPLACES' end;
end
$$;

comment on function bunkd.begin_rotation(text, boolean) is
  'The first step of a rotation, before the next credential comes through the door (p_stages), or with the one that '
  'was staged. Returns BEGUN, or REPLACES: one that was staged before and not switched to; or why it cannot: EXTERNAL, '
  'COPY, NO_CREDENTIAL, NO_URL, NOTHING_STAGED, BUSY: another one is at work, WATCHED: it has switched already.';
