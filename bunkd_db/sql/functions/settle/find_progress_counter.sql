create or replace function bunkd.find_progress_counter(p_schedule text) returns regclass
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule constant text := p_schedule;
begin
  return /* shared/progress_counter */;
end
$$;

comment on function bunkd.find_progress_counter(text) is
  'The sequence that counts writes that took jobs of this schedule out of the waiting or the active state: without a '
  'lock, and across rollbacks. Null until the first tick or upgrade has made it.';
