create or replace function bunkd.clear_jobs() returns bunkd.obstacle
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_remove bigint[];
  v_gone record;
  v_remove_it constant text := 'Remove that job, as a superuser, then upgrade:';
begin
  -- Ours by evidence: our name, our command, this database; left by an earlier owner, or by a schedule that is gone.
  select array_agg(j.jobid) into v_remove
    from cron.job j cross join lateral (values (split_part(j.jobname::text, ':', 2))) as s (name)
   where starts_with(j.jobname::text, 'bunkd:') and j.database = current_database() and /* shared/our_command */
     and case when j.username = current_user then not exists (select from bunkd.schedule k where k.name = s.name)
              else has_table_privilege('cron.job', 'delete') end;

  -- pg_cron looks up the role of every job, also of one that is off, when any job changes: one whose role is gone
  -- ends its scheduler, for everybody, again and again.
  select j.jobid, j.jobname, j.username into v_gone
    from cron.job j
   where not exists (select from pg_roles r where r.rolname = j.username) and j.jobid <> all (coalesce(v_remove, '{}'))
   order by j.jobid limit 1;
  if found then
    return row('JOB_ROLE_GONE',
      format('cron job %s%s belongs to role %s, which does not exist: the next change of any job would stop pg_cron '
             'for everybody',
             v_gone.jobid, coalesce(' (' || v_gone.jobname || ')', ''), v_gone.username),
      v_remove_it, array[format('select cron.unschedule(%s);', v_gone.jobid), 'bunkd-db upgrade'])::bunkd.obstacle;
  end if;
  -- Row security may hide the job that we registered under a name that our role no longer has.
  for v_gone in
    select s.job_id, s.job_role from bunkd.schedule s
     where row_security_active('cron.job') and not exists (select from pg_roles r where r.rolname = s.job_role)
  loop
    begin
      perform cron.unschedule(v_gone.job_id);
    exception
      when insufficient_privilege then
        return row('JOB_ROLE_GONE',
          format('cron job %s belongs to role %s, which does not exist: the next change of any job would stop pg_cron '
                 'for everybody',
                 v_gone.job_id, v_gone.job_role),
          v_remove_it, array[format('select cron.unschedule(%s);', v_gone.job_id), 'bunkd-db upgrade'])::bunkd.obstacle;
      when others then  -- there is no such job any more
        null;
    end;
  end loop;
  -- Revision 0002 kept no id. What it has registered and cannot be seen may be of a name that our role no longer
  -- has: only a superuser sees that. 0 keeps the question open over the next upgrades.
  update bunkd.schedule s set job_id = 0
   where row_security_active('cron.job') and s.job_id is null and s.cron_schedule is not null
     and s.system_identifier = (bunkd.read_identity()).system_identifier
     and not exists (select from cron.job j where j.jobname = 'bunkd:' || s.name and j.username = current_user);
  select s.name into v_gone from bunkd.schedule s where s.job_id = 0 order by s.name limit 1;
  if found then
    return row('JOB_ROLE_GONE',
      format('cron job bunkd:%s, which an earlier release registered, cannot be seen. If it belongs to a former name '
             'of role %I, '
             'the next change of any job would stop pg_cron for everybody', v_gone.name, current_user),
      v_remove_it,
      array[format('select cron.unschedule(j.jobid) from cron.job j where j.jobname = %L '
                   'and not exists (select from pg_roles r where r.rolname = j.username);', 'bunkd:' || v_gone.name),
            'update bunkd.schedule set job_id = null where job_id = 0;', 'bunkd-db upgrade'])::bunkd.obstacle;
  end if;
  perform cron.unschedule(o.job_id) from unnest(v_remove) as o (job_id);
  return null;
end
$$;

comment on function bunkd.clear_jobs() is
  'Removes cron jobs of ours that nobody keeps any more. Returns why no cron job must be changed now, else null.';
