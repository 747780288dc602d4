create or replace function bunkd.find_rotation_obstacle(p_schedule bunkd.schedule, p_stages boolean) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when p_schedule.mode is distinct from 'native' then 'EXTERNAL'
    when bunkd.fence(p_schedule) is not null then 'COPY'
    when not bunkd.can_read_credential(p_schedule.name) then 'NO_CREDENTIAL'
    when p_schedule.url is null then 'NO_URL'
    when exists (select from bunkd.rotation r where r.schedule = p_schedule.name and r.switched is not null)
      then 'WATCHED'
    when bunkd.find_rotation_end(p_schedule) is not null then 'BUSY'
    when not p_stages and not bunkd.can_read_credential(p_schedule.name, 'next') then 'NOTHING_STAGED' end;
end
$$;

comment on function bunkd.find_rotation_obstacle(bunkd.schedule, boolean) is
  'Why no rotation can begin now that stages a credential (p_stages), or goes on with the one that was staged: '
  'EXTERNAL, COPY, NO_CREDENTIAL, NO_URL, NOTHING_STAGED, BUSY: another one is at work, WATCHED: it has switched '
  'already. Else null.';
