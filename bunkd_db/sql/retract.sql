do $$
declare
  v_holders record;
begin
  -- first: ticks and workers begin with it, and hold nothing else then that this may want
  if pg_catalog.to_regclass('bunkd.last_tick') is not null then
    perform pg_catalog.set_config('lock_timeout', '10s', true);  -- a worker that forgets to commit is ended after 5
    lock table bunkd.last_tick in access exclusive mode;
    perform pg_catalog.set_config('lock_timeout', '2s', true);
  end if;
exception when lock_not_available then
  if pg_catalog.to_regprocedure('bunkd.find_lock_holders(regclass, xid)') is null then  -- an older release had none
    raise;
  end if;
  execute $q$select * from bunkd.find_lock_holders('bunkd.last_tick')$q$ into v_holders;
  if v_holders.names is null then
    raise;
  end if;
  raise exception 'a tick or a worker is running: %', v_holders.names using errcode = 'lock_not_available',
    hint = 'To end it: ' || v_holders.ending;
end
$$;
-- The scheduler goes off before its functions go, or the cron job would fail at every tick.
do $$
declare
  v_gone record;
  v_missing text;
  v_kept text;
begin
  if pg_catalog.to_regclass('bunkd.schedule') is null
     or not exists (select from pg_catalog.pg_extension e where e.extname = 'pg_cron') then
    return;
  elsif not pg_catalog.has_schema_privilege('cron', 'usage') then
    v_missing := case when exists (select from bunkd.schedule s where s.cron_schedule is not null)
      then 'usage on schema cron' end;
  elsif not pg_catalog.has_function_privilege('cron.unschedule(bigint)', 'execute') then
    v_missing := case when exists (select from cron.job j
                                   join bunkd.schedule s on pg_catalog.starts_with(j.jobname::text || ':',
                                                                                   'bunkd:' || s.name || ':')
                                   where j.username = current_user)
                 then 'execute on function cron.unschedule(bigint)' end;
  elsif exists (select from bunkd.retired_job)
        and not pg_catalog.has_function_privilege(
          'cron.alter_job(bigint, text, text, text, text, boolean)', 'execute') then
    v_missing := 'execute on function cron.alter_job(bigint, text, text, text, text, boolean)';
  end if;
  if v_missing is not null then
    raise exception 'role % cannot remove its cron jobs, which would fail at every tick', current_user
      using errcode = 'insufficient_privilege',
        hint = pg_catalog.format('As the owner of pg_cron: grant %s to %I;', v_missing, current_user);
  elsif not pg_catalog.has_schema_privilege('cron', 'usage')
        or not pg_catalog.has_function_privilege('cron.unschedule(bigint)', 'execute') then
    return;  -- nothing of ours is there, as far as can be seen
  end if;
  -- pg_cron's scheduler ends, for everybody, when any job changes while the role of one is gone.
  select j.jobid, j.username into v_gone from cron.job j
   where not exists (select from pg_catalog.pg_roles r where r.rolname = j.username)
     and not (pg_catalog.has_table_privilege('cron.job', 'delete')
              and exists (select from bunkd.schedule s
                          where pg_catalog.starts_with(j.jobname::text || ':', 'bunkd:' || s.name || ':')
                          and /* shared/our_command */))
   order by j.jobid limit 1;
  if found and (exists (select from bunkd.retired_job)
                or exists (select from cron.job j
    join bunkd.schedule s on pg_catalog.starts_with(j.jobname::text || ':', 'bunkd:' || s.name || ':')
                           where j.username = current_user)) then
    /* shared/refuse_gone_role */;
  end if;
  perform cron.unschedule(j.jobid) from cron.job j
    join bunkd.schedule s on pg_catalog.starts_with(j.jobname::text || ':', 'bunkd:' || s.name || ':')
    where j.username = current_user
       or j.database = pg_catalog.current_database() and pg_catalog.has_table_privilege('cron.job', 'delete')
         and /* shared/our_command */;
  update bunkd.schedule set cron_schedule = null where cron_schedule is not null;
  if not exists (select from bunkd.retired_job) then
    return;  -- the role may have no right to alter jobs, and needs none
  end if;
  -- On a copy a legacy job would call for the original: it stays off, and is said. A second run must not meet it again.
  if exists (select from pg_catalog.pg_proc p where p.oid = pg_catalog.to_regprocedure('bunkd.fence(bunkd.schedule)')
              and pg_catalog.pg_get_userbyid(p.proowner) = current_user) then
    with copied as (
      delete from bunkd.retired_job r using bunkd.schedule s
       where s.name = r.schedule and bunkd.fence(s) is not null returning r.job_id, r.job_name
    )
    select pg_catalog.string_agg(pg_catalog.format(
             'This database looks like a copy: legacy job %s stays off, because it would call for the original '
             'as well. '
             'To activate it: select cron.alter_job(%s, active := true);', coalesce(j.jobname, j.jobid::text), j.jobid),
               E'\n' order by j.jobid)
      into v_kept
      from copied c join cron.job j on j.jobid = c.job_id and j.jobname is not distinct from c.job_name
        and j.username = current_user;
    if v_kept is not null then
      raise notice '%', v_kept;  -- for who runs this as a script
      perform pg_catalog.set_config('bunkd.kept_off', v_kept, true);
    end if;
  end if;
  -- all of its arguments, or one that others have created in schema cron could fit better
  perform cron.alter_job(j.jobid, null::text, null::text, null::text, null::text, true) from cron.job j
    join bunkd.retired_job r on r.job_id = j.jobid
    where j.jobname is not distinct from r.job_name and j.username = current_user;
  delete from bunkd.retired_job where true;
end
$$;
