create or replace function bunkd.prune(p_schedule text) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_calls integer;
  v_runs integer := 0;
  v_low bigint;
  v_high bigint;
  v_any boolean;
  v_old constant timestamptz := clock_timestamp() - interval '1 day';
  v_ancient constant timestamptz := clock_timestamp() - interval '7 days';  -- an index serves no volatile condition
begin
  delete from bunkd.call c
   where c.id = any (array(select o.id from bunkd.call o
                            where o.sent < v_ancient and o.settled is not null
                            order by o.sent limit 500));
  get diagnostics v_calls = row_count;
  delete from bunkd.rescued_job r where r.schedule = p_schedule and r.last < v_ancient;

  if not exists (select from pg_namespace n where n.nspname = 'cron' and has_schema_privilege(n.oid, 'usage'))
     or to_regclass('cron.job_run_details') is null
     or not (has_table_privilege('cron.job_run_details', 'select') and has_table_privilege('cron.job_run_details', 'delete')) then
    return v_calls;
  end if;
  begin
    -- cron.job_run_details has no index but runid and may hold millions of other jobs' rows: walk it in windows.
    select coalesce(max(t.pruned_to), 0) into v_low from bunkd.last_tick t where t.schedule = p_schedule;
    select d.start_time < v_old into v_any from cron.job_run_details d where d.runid > v_low order by d.runid limit 1;
    if v_any is not false then
      -- a run that never connected has no times: a window of nothing else is passed over
      select coalesce(max(w.runid) filter (where w.start_time < v_old),
                      case when count(w.start_time) = 0 and count(*) = 1000 then max(w.runid) end) into v_high
        from (select d.runid, d.start_time from cron.job_run_details d where d.runid > v_low order by d.runid limit 1000) as w;
    end if;
    if v_high is not null then
      delete from cron.job_run_details d
       where d.runid > v_low and d.runid <= v_high
         and d.command = format('select bunkd.tick(%L)', p_schedule) and d.username = current_user and d.database = current_database();
      get diagnostics v_runs = row_count;
      insert into bunkd.last_tick as t (schedule, pruned_to) values (p_schedule, v_high)
      on conflict (schedule) do update set pruned_to = excluded.pruned_to;
    end if;
  exception when others then  -- housekeeping never keeps a tick from its work
    v_runs := 0;
    raise log 'bunkd: cron.job_run_details was not pruned: %', sqlerrm;
  end;
  return v_calls + v_runs;
end
$$;

comment on function bunkd.prune(text) is
  'Removes a bounded number of ledger rows older than 7 days and of our own rows in cron.job_run_details older than one day. Returns how many.';
