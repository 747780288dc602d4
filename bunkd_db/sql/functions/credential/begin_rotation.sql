create or replace function bunkd.begin_rotation(p_schedule text, p_stages boolean) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_obstacle text;
  v_replaces boolean;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule for update;
  v_obstacle := bunkd.find_rotation_obstacle(v_schedule, p_stages);
  if v_obstacle is not null then
    return v_obstacle;
  end if;
  v_replaces := p_stages and exists (select from bunkd.rotation r where r.schedule = p_schedule);
  insert into bunkd.rotation (schedule, at_work) values (p_schedule, clock_timestamp())
  on conflict (schedule) do update set at_work = excluded.at_work;
  return case when v_replaces then 'REPLACES' else 'BEGUN' end;
end
$$;

comment on function bunkd.begin_rotation(text, boolean) is
  'The first step of a rotation, before the next credential comes through the door (p_stages), or with the one that '
  'was staged. Returns BEGUN, or REPLACES: one that was staged before and not switched to; or why it cannot, see '
  'bunkd.find_rotation_obstacle.';
