create or replace function bunkd.prune_history(p_schedule text) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_calls integer := 0;
  v_deleted integer;
  v_until constant timestamptz := clock_timestamp() + interval '200 ms';
  v_runs integer := 0;
  v_low bigint;
  v_high bigint;
  v_any boolean;
  v_runs_table regclass;
  v_trigger text;
  v_old constant timestamptz := clock_timestamp() - interval '1 day';
  v_ancient constant timestamptz := clock_timestamp() - interval '7 days';  -- an index serves no volatile condition
begin
  -- as much as there is, in a bounded time: ticks may be rare and calls many
  loop
    delete from bunkd.call c
     where c.id = any (array(select o.id from bunkd.call o
                              where o.sent < v_ancient and o.settled is not null
                              order by o.sent limit 1000));
    get diagnostics v_deleted = row_count;
    v_calls := v_calls + v_deleted;
    exit when v_deleted < 1000 or clock_timestamp() > v_until;
  end loop;
  delete from bunkd.rescued_job r where r.schedule = p_schedule and r.last < v_ancient;
  -- skip locked: an exchange that stays open must not keep a tick from its work
  delete from bunkd.worker w
   where w.id = any (array(select o.id from bunkd.worker o where o.schedule = p_schedule
                           and o.seen < v_old for update skip locked));

  v_runs_table := bunkd.find_relation('pg_cron', 'cron', 'job_run_details');
  if v_runs_table is not null and has_schema_privilege('cron', 'usage')
     and has_table_privilege(v_runs_table, 'select') and has_table_privilege(v_runs_table, 'delete') then
    begin
      -- cron.job_run_details has no index but runid and may hold millions of other jobs' rows: walk it in windows.
      select coalesce(max(t.runs_pruned_to), 0) into v_low from bunkd.last_tick t where t.schedule = p_schedule;
      select d.start_time < v_old into v_any from cron.job_run_details d where d.runid > v_low order by d.runid limit 1;
      if v_any is not false then
        -- a run that never connected has no times: a window of nothing else is passed over
        select coalesce(max(w.runid) filter (where w.start_time < v_old),
                        case when count(w.start_time) = 0 and count(*) = 1000 then max(w.runid) end) into v_high
          from (select d.runid, d.start_time from cron.job_run_details d where d.runid > v_low order by d.runid
                limit 1000) as w;
      end if;
      if v_high is not null then
        lock table cron.job_run_details in row exclusive mode;
        v_trigger := bunkd.find_trigger(v_runs_table, 'delete');
        if v_trigger is not null then
          raise exception '%: its code would run as role %. Drop it', v_trigger, current_user;
        end if;
        delete from cron.job_run_details j
         using (values (p_schedule)) as s (name)
         where j.runid > v_low and j.runid <= v_high
           and /* shared/our_command */ and j.username = current_user and j.database = current_database();
        get diagnostics v_runs = row_count;
        update bunkd.last_tick t set runs_pruned_to = v_high where t.schedule = p_schedule;
      end if;
    exception when others then  -- housekeeping never keeps a tick from its work
      v_runs := 0;
      raise log 'bunkd: cron.job_run_details was not pruned: %', sqlerrm;
    end;
  end if;
  if v_deleted < 1000 and v_high is null then  -- there is no more
    update bunkd.last_tick t set pruned_at = clock_timestamp() where t.schedule = p_schedule;
  end if;
  return v_calls + v_runs;
end
$$;

comment on function bunkd.prune_history(text) is
  'Removes ledger rows older than 7 days, for 200 ms at most, workers that were not seen for a day, and of our own '
  'rows in cron.job_run_details those older than one day; once everything is removed, the next look is 10 minutes '
  'later. Returns how many rows of the ledger and of cron.job_run_details.';
