create or replace function bunkd.settle_answers(
  p_schedule bunkd.schedule,
  p_worker text,
  p_state jsonb,
  out worked boolean,
  out empty bigint[]
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_said record;
  v_answer bunkd.answer;
  v_slot integer;
  v_progress bigint;
  v_moved boolean;
  v_outcome text;
  v_secret text;
begin
  empty := '{}';
  -- What it does not know of was handed out in an answer that never arrived, and was not sent.
  for v_slot in
    select s.n from bunkd.slot s where s.schedule = p_schedule.name and s.worker = p_worker and not s.detached
       and p_state ? 'known'
       and not exists (select from jsonb_array_elements(p_state -> 'known') as k (call) where k.call = to_jsonb(s.call))
       for update
  loop
    delete from bunkd.call c using bunkd.slot s
     where s.schedule = p_schedule.name and s.n = v_slot and c.id = s.call and c.settled is null;
    perform bunkd.free_slot(p_schedule.name, v_slot);
  end loop;
  for v_said in
    select a.* from jsonb_to_recordset(p_state -> 'answers')
        as a (call bigint, sent boolean, status_code integer, timed_out boolean, error text, content text,
              retry_after text)
      -- one by one, by its key: as a join this reads a ledger of some thousand calls from end to end
     cross join lateral (select from bunkd.call c
                          where c.id = a.call and c.schedule = p_schedule.name and c.worker = p_worker limit 1) as c
  loop
    if worked is null then
      perform bunkd.lock_slots(p_gives => true);
      v_secret := bunkd.find_credential(p_schedule.name);
      worked := false;
    end if;
    select s.n, s.progress into v_slot, v_progress from bunkd.slot s
      where s.schedule = p_schedule.name and s.call = v_said.call and s.worker = p_worker and not s.detached for update;
    if not v_said.sent then
      delete from bunkd.call c where c.id = v_said.call and c.settled is null;
    else
      v_answer := bunkd.classify_answer(v_said.status_code, v_said.timed_out, v_said.error, v_said.content,
                                        v_said.retry_after, v_secret);
      v_moved := coalesce(bunkd.has_moved(p_schedule, v_progress), bunkd.has_left(p_schedule, p_state -> 'marked'));
      perform bunkd.write_outcome(v_said.call, v_answer, v_moved);
      v_outcome := bunkd.refine_outcome(v_answer, v_moved);
      worked := worked or v_outcome in ('ok', 'job_failed');
      if v_outcome = 'empty' and v_answer.outcome <> 'empty' then
        empty := empty || v_said.call;
      end if;
      if v_slot is not null and v_answer.outcome = 'timeout' and p_schedule.on_timeout = 'detach' then
        perform bunkd.detach_slot(p_schedule, v_slot);
        v_slot := null;
      end if;
    end if;
    if v_slot is not null then
      perform bunkd.free_slot(p_schedule.name, v_slot);
    end if;
  end loop;
end
$$;

comment on function bunkd.settle_answers(bunkd.schedule, text, jsonb) is
  'Records how a worker''s calls ended and frees their slots; a call that it did not send is forgotten. Returns '
  'whether one of them processed a job (worked), null where there were none, and which were answered as if they had, '
  'while no job moved (empty).';
