create or replace function bunkd.find_restore(p_schedule bunkd.schedule, p_timeline text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_grace constant interval := '2 minutes';
  v_replayed constant timestamptz := pg_last_xact_replay_timestamp();
  v_promoted timestamptz;
  v_until timestamptz;
  v_run timestamptz;
  v_sign timestamptz;
  v_due timestamptz;
  v_gap interval;
begin
  begin
    select f.modification into v_promoted from pg_ls_waldir() as f
     where f.name = p_timeline || '.history' and f.modification <= clock_timestamp();
  exception when others then  -- needs pg_monitor, and some servers have no such folder
    v_promoted := null;
  end;
  v_until := coalesce(v_promoted, clock_timestamp());
  -- The newest of our own runs is among the last of all.
  if (select has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select')
        from pg_class c where c.oid = bunkd.find_relation('pg_cron', 'cron', 'job_run_details')) then
    select max(j.end_time) into v_run
      from (select d.end_time, d.command, d.status from cron.job_run_details d order by d.runid desc limit 1000) as j
      cross join (values (p_schedule.name)) as s (name)
     where j.status = 'succeeded' and j.end_time <= v_promoted and /* shared/our_command */;
  end if;
  -- Rows of after the promotion are this server's own, and where that is not known any row may be.
  -- bunkd.last_tick tells nothing: whoever replays the WAL empties unlogged tables.
  select max(l.sign) into v_sign
    from (values (v_run),
                 ((select max(c.sent) from bunkd.call c where c.schedule = p_schedule.name and c.sent <= v_promoted)),
                 ((select max(c.settled) from bunkd.call c
                    where c.schedule = p_schedule.name and c.settled <= v_promoted and c.outcome <> 'lost')),
                 -- by the former server's clock, which may have been ahead
                 (case when v_replayed <= v_until + v_grace then v_replayed end)) as l (sign);
  v_due := v_sign;
  if v_sign is not null and pg_last_wal_receive_lsn() is not null then  -- until a restart: a standby that streamed
    v_due := greatest(v_sign, bunkd.find_next_tick(p_schedule, v_sign));
  end if;
  if v_until <= v_due + v_grace then
    return null;
  end if;
  v_gap := v_until - v_sign;
  return format('this database looks restored from a backup (no sign of life %s before it)',
    case when v_gap < interval '2 hours' then format('for %s min', floor(extract(epoch from v_gap) / 60))
         when v_gap < interval '2 days' then format('for %s h', floor(extract(epoch from v_gap) / 3600))
         when v_gap is not null then format('for %s days', floor(extract(epoch from v_gap) / 86400))
         else 'at all' end);
end
$$;

comment on function bunkd.find_restore(bunkd.schedule, text) is
  'Asked on another timeline than before: null where the server took over from one that was alive until 2 minutes '
  'before, or, as a standby that streamed, until 2 minutes after its next tick was due: a failover. Else that it was '
  'restored, and for how long there was no sign of life: no commit that was replayed and, where pg_monitor shows '
  'when it took over, no earlier call and no earlier run of our cron job.';
