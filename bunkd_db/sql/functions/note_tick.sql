create or replace function bunkd.note_tick(p_schedule text, p_problem text, p_back_off text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into bunkd.last_tick as t (schedule, at, problem, back_off)
  values (p_schedule, clock_timestamp(), nullif(p_problem, ''), p_back_off)
  on conflict (schedule) do update set at = excluded.at, problem = excluded.problem, back_off = excluded.back_off;
end
$$;

comment on function bunkd.note_tick(text, text, text) is 'Records when the last tick was, what stood in its way and why it held calls back.';
