create or replace function bunkd.exchange_messages(p_schedule bunkd.schedule, p_worker text, p_state jsonb)
  returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the URL in it would be in the log of auto_explain
as $$
declare
  v_offered jsonb := '[]';
begin
  -- its calls have been settled and planned by now: nothing of this may take that back
  begin
    perform bunkd.settle_told(p_schedule.name, p_worker, coalesce(p_state -> 'told', '[]'));
    perform bunkd.watch_schedule(p_schedule, p_worker);
    if (p_state -> 'sends')::boolean and not (p_state -> 'leaving')::boolean and bunkd.can_tell(p_schedule) then
      v_offered := bunkd.offer_messages(p_schedule.name, p_worker);
    end if;
  exception when others then  -- a lock, or what a worker says that is none of ours
    v_offered := '[]';
    raise log 'bunkd: the messages of schedule % could not be exchanged (SQLSTATE %)', p_schedule.name, sqlstate;
  end;
  return v_offered;
end
$$;

comment on function bunkd.exchange_messages(bunkd.schedule, text, jsonb) is
  'For bunkd.worker_exchange_v1, where workers make the calls: takes up how the messages ended that this worker was '
  'handed (told), judges the alerts, and hands out what is due to one that can send it (sends; an older one cannot).';
