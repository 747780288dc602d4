create or replace function bunkd.read_history(p_schedule text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'format', 1,
    'known', exists (select from bunkd.schedule s where p_schedule is null or s.name = p_schedule)
      or exists (select from bunkd.change c where c.schedule = p_schedule),  -- one that was removed
    'changes', bunkd.read_changes(p_schedule, 1000));
end
$$;

comment on function bunkd.read_history(text) is
  'What bunkd-db history shows, as one object with its format: the newest 1,000 changes of a schedule, or of all.';
