create or replace function bunkd.tick(p_schedule text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning the small look-ups anew would cost more than they do
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_pruned integer;
  v_shape record;
  v_notes text[];
  v_problem text;
  v_budget record;
  v_sent integer := 0;
  v_settled integer := 0;
  v_back_off text;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'bunkd: a tick needs READ COMMITTED, this transaction is %', current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select * into v_schedule from bunkd.schedule where name = p_schedule;
  if not found then
    raise exception 'bunkd: there is no schedule %', p_schedule using errcode = 'invalid_parameter_value';
  end if;
  if not bunkd.hold_tick(p_schedule, false) then
    return 'another tick is at work';
  end if;

  v_pruned := bunkd.prune(p_schedule);
  v_problem := bunkd.fence(v_schedule);
  if v_problem is null and v_schedule.mode = 'native' then
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
    v_shape := bunkd.queue_shape(v_schedule);
    v_notes := bunkd.maintain(v_schedule, v_shape);
    if to_regclass('net.http_request_queue') is null then
      v_problem := 'the extension pg_net is gone: bunkd-db upgrade enables it again';
    else
      v_budget := bunkd.budget(v_schedule, v_shape, 'tick', 0);
      if v_budget.calls > 0 then
        v_sent := bunkd.send(v_schedule, v_budget.reason, v_budget.calls);
      end if;
      v_settled := v_budget.settled;
      v_problem := v_budget.problem;
      v_back_off := v_budget.back_off;
    end if;
  end if;
  perform bunkd.note_tick(p_schedule, array_to_string(v_notes || v_problem, '; '), v_back_off);
  return concat_ws('; ', format('%s sent, %s settled', v_sent, v_settled), v_problem, v_back_off);
end
$$;

comment on function bunkd.tick(text) is
  'One firing of the cron job: prune, attach, rescue, settle, dispatch. Returns what it did in words. What keeps it from looking at the queue is recorded in bunkd.last_tick; a missing url or credential raises, so that cron.job_run_details shows a failure.';
