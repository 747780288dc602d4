create or replace function bunkd.judge_rotation(p_schedule text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_rotation bunkd.rotation;
  v_rejected integer;
  v_taken bigint;
  v_on_timeout text;
  v_way_back boolean;
  v_origin constant text := coalesce(current_setting('bunkd.origin', true), '');
begin
  if not exists (select from bunkd.rotation r where r.schedule = p_schedule and r.switched is not null) then
    return 'NONE';
  end if;
  -- in the order in which a rotation's other steps lock; who waits for one of them has nothing to judge
  select s.on_timeout into v_on_timeout from bunkd.schedule s where s.name = p_schedule for no key update skip locked;
  if not found then
    return 'WATCHING';
  end if;
  select r.* into v_rotation from bunkd.rotation r
   where r.schedule = p_schedule and r.switched is not null for update skip locked;
  if not found then
    return 'WATCHING';
  elsif v_rotation.first_call is null then
    -- A call gets its number before it reads the credential: one with a higher number than this, which is drawn
    -- after the commit of the switch, has the new credential for sure.
    update bunkd.rotation r set first_call = nextval('bunkd.call_id_seq') where r.schedule = p_schedule;
    return 'WATCHING';
  end if;
  select min(c.status_code) filter (where c.outcome = 'rejected'),
         -- a gateway's 502 says nothing of the credential
         count(*) filter (where c.outcome in ('ok', 'empty', 'job_failed')
                             or c.outcome = 'timeout' and v_on_timeout = 'detach')
    into v_rejected, v_taken
    from bunkd.call c
   where c.schedule = p_schedule and c.id > v_rotation.first_call and c.settled is not null
     and (c.worker is null or starts_with(c.worker, 'lane:'));  -- who sends from elsewhere has one of its own
  if v_rejected is not null then
    perform set_config('bunkd.origin', 'bunkd', true);
    v_way_back := bunkd.can_read_credential(p_schedule, 'next');
    perform set_config('bunkd.why', format('the function rejected the new credential (%s)', v_rejected)
                       || case when v_way_back then '' else ', and the former one cannot be read' end, true);
    if v_way_back then
      perform bunkd.swap_credentials(p_schedule);
    end if;
    perform bunkd.end_rotation(p_schedule);
    perform set_config('bunkd.why', '', true);
    perform set_config('bunkd.origin', v_origin, true);
    return case when v_way_back then 'FELL_BACK' else 'NO_WAY_BACK' end;
  elsif v_taken >= 3 or v_rotation.switched < clock_timestamp() - interval '10 minutes' then
    perform set_config('bunkd.origin', 'bunkd', true);
    perform set_config('bunkd.why', 'the function did not reject the new credential', true);
    perform bunkd.end_rotation(p_schedule);
    perform set_config('bunkd.why', '', true);
    perform set_config('bunkd.origin', v_origin, true);
    return 'ACCEPTED';
  end if;
  return case v_taken when 0 then 'WATCHING' else 'TAKEN' end;
end
$$;

comment on function bunkd.judge_rotation(text) is
  'Asked by ticks after the switch of a rotation: falls back to the former credential once a call with the new one is '
  'answered 401 or 403; forgets the former one once three calls were taken, or after 10 minutes. Returns FELL_BACK, '
  'NO_WAY_BACK: it is rejected, and the former one cannot be read, ACCEPTED, TAKEN: fewer than three were taken, '
  'WATCHING, or NONE.';
