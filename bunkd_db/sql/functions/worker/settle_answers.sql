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
  v_calls bigint[];
  v_answers bunkd.answer[];
  v_moves boolean[];
  v_free integer[];
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
    perform bunkd.free_slots(p_schedule.name, v_slot);
  end loop;
  if coalesce(p_state -> 'answers', '[]') = '[]' then
    return;
  end if;
  perform bunkd.lock_slots();
  v_secret := bunkd.find_credential(p_schedule.name);
  v_progress := bunkd.read_progress(p_schedule.name);
  for v_said in
    select a.*, s.n, s.progress
      from (select distinct on (r.call) r.* from jsonb_to_recordset(p_state -> 'answers')
              as r (call bigint, sent boolean, status_code integer, timed_out boolean, error text, content text,
                    retry_after text) order by r.call) as a
      -- one by one, by its key: as a join this reads a ledger of some thousand calls from end to end
     cross join lateral (select from bunkd.call c
                          where c.id = a.call and c.schedule = p_schedule.name and c.worker = p_worker limit 1) as c
      left join lateral (select s.n, s.progress from bunkd.slot s
                          where s.schedule = p_schedule.name and s.call = a.call and s.worker = p_worker
                            and not s.detached limit 1 for update) as s on true
  loop
    worked := coalesce(worked, false);
    if not v_said.sent then
      delete from bunkd.call c where c.id = v_said.call and c.settled is null;
    else
      v_answer := bunkd.classify_answer(v_said.status_code, v_said.timed_out, v_said.error, v_said.content,
                                        v_said.retry_after, v_secret);
      v_moved := case when v_said.progress <> v_progress then true
                   else coalesce(bunkd.has_moved(p_schedule, v_said.progress),
                                 bunkd.has_left(p_schedule, p_state -> 'marked')) end;
      v_outcome := bunkd.refine_outcome(v_answer, v_moved);
      worked := worked or v_outcome in ('ok', 'job_failed');
      if v_outcome = 'empty' and v_answer.outcome <> 'empty' then
        empty := empty || v_said.call;
      end if;
      v_calls := v_calls || v_said.call;
      v_answers := v_answers || v_answer;
      v_moves := v_moves || v_moved;
    end if;
    if v_said.n is null then
      continue;
    elsif v_said.sent and v_answer.outcome = 'timeout' and p_schedule.on_timeout = 'detach' then
      perform bunkd.detach_slot(p_schedule, v_said.n);
    else
      v_free := v_free || v_said.n;
    end if;
  end loop;
  perform bunkd.write_outcomes(v_calls, v_answers, v_moves);
  perform bunkd.free_slots(p_schedule.name, variadic v_free);
end
$$;

comment on function bunkd.settle_answers(bunkd.schedule, text, jsonb) is
  'Records how a worker''s calls ended and frees their slots; a call that it did not send is forgotten. Returns '
  'whether one of them processed a job (worked), null where there were none, and which were answered as if they had, '
  'while no job moved (empty).';
