-- Schema bunkd was dropped by hand: its cron jobs fail at every run, lanes once a second, and no row names them.
do $$
declare
  v_jobs bigint[];
  v_gone record;
  v_removed text;
begin
  if pg_catalog.to_regclass('bunkd.schedule') is not null
     or not exists (select from pg_catalog.pg_extension e where e.extname = 'pg_cron')
     or not pg_catalog.has_schema_privilege('cron', 'usage')
     or not pg_catalog.has_function_privilege('cron.unschedule(bigint)', 'execute') then
    return;
  end if;
  select pg_catalog.array_agg(j.jobid) into v_jobs from cron.job j
   where j.username = current_user and j.database = pg_catalog.current_database()
     and pg_catalog.starts_with(j.jobname::text, 'bunkd:')
     and /* shared/any_command */;
  if v_jobs is null then
    return;
  end if;
  -- pg_cron's scheduler ends, for everybody, when any job changes while the role of one is gone.
  select j.jobid, j.username into v_gone from cron.job j
   where not exists (select from pg_catalog.pg_roles r where r.rolname = j.username)
   order by j.jobid limit 1;
  if found then
    /* shared/refuse_gone_role */;
  end if;
  select pg_catalog.string_agg(j.jobname, ', ' order by j.jobname) into v_removed from cron.job j
   where j.jobid = any (v_jobs);
  perform cron.unschedule(j.id) from pg_catalog.unnest(v_jobs) as j (id);
  perform pg_catalog.set_config('bunkd.removed_jobs', v_removed, true);
end
$$;
