create or replace function bunkd.read_progress(p_schedule text) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule constant text := p_schedule;
  v_sequence constant regclass := /* shared/progress_counter */;
begin
  return case when v_sequence is not null then coalesce(pg_sequence_last_value(v_sequence), 0) end;
end
$$;

comment on function bunkd.read_progress(text) is
  'What bunkd.find_progress_counter has counted so far; null where there is no such sequence.';
