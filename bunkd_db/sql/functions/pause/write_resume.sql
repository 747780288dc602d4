create or replace function bunkd.write_resume(p_schedule bunkd.schedule) returns text[]
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return array['bunkd-db schedule resume --schedule ' || p_schedule.name]
    -- a retired one has neither cron jobs nor triggers
    || case when bunkd.is_retired(p_schedule) then array['bunkd-db upgrade'] else '{}' end;
end
$$;

comment on function bunkd.write_resume(bunkd.schedule) is 'The commands that let a paused schedule call again.';
