create or replace function bunkd.tick(p_schedule text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_pruned integer;
  v_settled integer;
  v_sent integer;
  v_problem text;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'bunkd: a tick needs READ COMMITTED, this transaction is %', current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select * into v_schedule from bunkd.schedule where name = p_schedule;
  if not found then
    raise exception 'bunkd: there is no schedule %', p_schedule using errcode = 'invalid_parameter_value';
  end if;
  if not pg_try_advisory_xact_lock('bunkd.slot'::regclass::oid::integer, hashtext(p_schedule)) then
    return 'another tick is at work';
  end if;

  v_pruned := bunkd.prune(p_schedule);
  v_problem := bunkd.fence(v_schedule);
  if v_problem is null then
    if v_schedule.url is null or not bunkd.has_credential(p_schedule) then
      -- Raising shows in cron.job_run_details, but takes the pruning back: so now and then prune instead.
      if v_pruned > 0 then
        return format('%s old rows pruned; the url or the credential is missing', v_pruned);
      end if;
      raise exception 'bunkd: schedule % has no %', p_schedule, case when v_schedule.url is null then 'url' else 'credential' end
        using errcode = 'object_not_in_prerequisite_state',
              hint = case when v_schedule.url is null then 'Set SUPABASE_URL or BUNKD_CALL_URL and run: bunkd-db upgrade'
                          else 'Set it with: bunkd-db credential set' end;
    end if;
    v_settled := bunkd.settle(p_schedule);
    select d.sent, d.problem into v_sent, v_problem from bunkd.dispatch(p_schedule, 'tick') as d;
  end if;

  insert into bunkd.last_tick as t (schedule, at, problem) values (p_schedule, clock_timestamp(), v_problem)
  on conflict (schedule) do update set at = excluded.at, problem = excluded.problem;
  return coalesce(v_problem, format('%s sent, %s settled', v_sent, v_settled));
end
$$;

comment on function bunkd.tick(text) is
  'One firing of the cron job: prune, settle, dispatch. Returns what it did in words. A missing queue table or a copied database is recorded in bunkd.last_tick; a missing url or credential raises, so that cron.job_run_details shows a failure.';
