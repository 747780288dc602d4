create or replace function bunkd.fence(p_schedule bunkd.schedule) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_copy text;
begin
  if p_schedule.system_identifier is null and p_schedule.database_oid is null then
    return format('schedule %s is not provisioned yet: run bunkd-db upgrade', p_schedule.name);
  end if;
  v_copy := bunkd.find_copy(p_schedule);
  if v_copy is null then
    return null;  -- what every write asks, and nearly all find
  end if;
  return v_copy
    || ': no call is made, because it would call for the original as well. If this is not a copy, or'
    ' to let it call: ' || case when bunkd.write_opening(p_schedule) = array['bunkd-db upgrade']
      then 'run bunkd-db upgrade here with BUNKD_CALL_URL (or SUPABASE_URL) and BUNKD_CREDENTIAL set'
      else 'put its own URL in place of URL and run here: '
        || rtrim(array_to_string(bunkd.write_opening(p_schedule), ', and then '), ';') end;
end
$$;

comment on function bunkd.fence(bunkd.schedule) is
  'Why this database must not call, or null: the one sentence that status, check, upgrade and worker have for a copy. '
  'As the owner, for whoever may read bunkd.status.';
