create or replace function bunkd.unregister(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from pg_namespace n where n.nspname = 'cron' and has_schema_privilege(n.oid, 'usage'))
     and exists (select from pg_extension e where e.extname = 'pg_cron') then
    perform cron.unschedule(j.jobid) from cron.job j
      where j.jobname = 'bunkd:' || p_schedule and j.username = current_user;
  end if;
  insert into bunkd.last_tick as t (schedule, problem) values (p_schedule, bunkd.detach(p_schedule))
  on conflict (schedule) do update set problem = excluded.problem;
  update bunkd.schedule set cron_schedule = null where name = p_schedule and cron_schedule is not null;
end
$$;

comment on function bunkd.unregister(text) is 'Removes a schedule''s cron job, and nobody else''s, and takes its wake off the queue.';
