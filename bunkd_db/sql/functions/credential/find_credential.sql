create or replace function bunkd.find_credential(p_schedule text, p_place text default 'current') returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return bunkd.read_credential(p_schedule, p_place);
exception when object_not_in_prerequisite_state then
  return null;
end
$$;

comment on function bunkd.find_credential(text, text) is
  'The credential of a schedule, to hide it where an answer quotes it; null where it cannot be read.';
