create or replace function bunkd.tick(p_schedule text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning the small look-ups anew would cost more than they do
as $$
declare
  v_schedule bunkd.schedule;
  v_pruned integer;
  v_done record;
  v_shape record;
  v_notes text[];
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
  if bunkd.fence(v_schedule) is null and v_schedule.mode = 'native' then
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
    perform bunkd.make_slots(v_schedule);
    v_shape := bunkd.queue_shape(v_schedule);
    v_notes := array[bunkd.attach(v_schedule, v_shape), bunkd.rescue(v_schedule, v_shape)];
  end if;
  delete from bunkd.wake where schedule = p_schedule;  -- what a failed wake has left
  v_done := bunkd.dispatch(p_schedule, 'tick');

  v_notes := v_notes || v_done.problem;
  insert into bunkd.last_tick as t (schedule, at, problem, back_off)
  values (p_schedule, clock_timestamp(), nullif(array_to_string(v_notes, '; '), ''), v_done.back_off)
  on conflict (schedule) do update set at = excluded.at, problem = excluded.problem, back_off = excluded.back_off;
  return concat_ws('; ', format('%s sent, %s settled', v_done.sent, v_done.settled), v_done.problem, v_done.back_off);
end
$$;

comment on function bunkd.tick(text) is
  'One firing of the cron job: prune, attach, rescue, settle, dispatch. Returns what it did in words. What keeps it from looking at the queue is recorded in bunkd.last_tick; a missing url or credential raises, so that cron.job_run_details shows a failure.';
