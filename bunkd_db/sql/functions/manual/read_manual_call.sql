create or replace function bunkd.read_manual_call(p_schedule text, p_call bigint) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
begin
  if exists (select from bunkd.call c where c.id = p_call and c.settled is null)
     and not exists (select from bunkd.read_slots(p_schedule) as o where o.call = p_call and not o.ended) then
    -- it has ended, or its job has, and its slot went to the next one: as the next tick would
    select * into strict v_schedule from bunkd.schedule where name = p_schedule;
    perform bunkd.refill_slots(v_schedule);
  end if;
  return (select jsonb_build_object('outcome', c.outcome, 'status_code', c.status_code, 'job_id', c.job_id,
                            'detail', c.detail, 'seconds', extract(epoch from c.settled - c.sent),
                            'failed', bunkd.is_failure(c.outcome, s.on_timeout),
                            'by_lane', c.worker is not null,
                            -- a lane that takes it puts its own name there
                            'unsent', c.worker is not distinct from 'lanes' or coalesce(
                              (select o.unsent from bunkd.read_slots(p_schedule) as o where o.call = p_call), false))
            from bunkd.call c join bunkd.schedule s on s.name = c.schedule
           where c.id = p_call and c.schedule = p_schedule);
exception when lock_not_available then
  return null;  -- whoever asks, asks again
end
$$;

comment on function bunkd.read_manual_call(text, bigint) is
  'How a call ended, as the ledger has it: settled here where it has ended and no tick has seen that yet. The outcome '
  'is null while it is open; unsent: neither pg_net nor (by_lane) a lane has ever taken it up. Null where that cannot '
  'be said at the moment.';
