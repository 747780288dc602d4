create or replace function bunkd.notify_cron(p_since xid8 default null) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
begin
  if bunkd.find_relation('pg_cron', 'cron', 'job') is null or not bunkd.can_change_jobs() then
    return;
  end if;
  perform bunkd.alter_cron_job(j.jobid, p_schedule => null, p_active => j.active)
    from (select c.jobid, c.active from cron.job c
           where c.jobname like 'bunkd:%' and c.username = current_user
             and (p_since is null or age(c.xmin) <= age(p_since::xid))
           order by c.jobid limit 1) as j;
exception when others then  -- the upgrade has been committed
  raise log 'bunkd: pg_cron was not told of the jobs: %', sqlerrm;
end
$$;

comment on function bunkd.notify_cron(xid8) is
  'For after the commit of an upgrade that has changed our jobs since p_since (null: touch one in any case): lets '
  'pg_cron read its jobs again. It does that when it hears of a change, and up to 1.6 it does not hear of one that is '
  'committed with thousands of others in the catalog.';
