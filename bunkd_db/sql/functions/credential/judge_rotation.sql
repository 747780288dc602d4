create or replace function bunkd.judge_rotation(p_schedule text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_rotation bunkd.rotation;
  v_rejected integer;
  v_taken bigint;
begin
  select r.* into v_rotation from bunkd.rotation r
   where r.schedule = p_schedule and r.switched is not null for update skip locked;
  if not found then
    return 'NONE';
  end if;
  select min(c.status_code) filter (where c.outcome = 'rejected'),
         count(*) filter (where c.outcome <> 'rejected' and c.status_code is not null)
    into v_rejected, v_taken
    from bunkd.call c where c.schedule = p_schedule and c.id > v_rotation.first_call and c.settled is not null;
  if v_rejected is not null then
    perform set_config('bunkd.origin', 'bunkd', true);
    perform set_config('bunkd.why', format('the function rejected the new credential (%s)', v_rejected), true);
    lock table bunkd.gate in exclusive mode;
    perform bunkd.swap_credentials(p_schedule);
    perform bunkd.end_rotation(p_schedule);
    return 'FELL_BACK';
  elsif v_taken >= 3 or v_rotation.switched < clock_timestamp() - interval '10 minutes' then
    perform set_config('bunkd.origin', 'bunkd', true);
    perform bunkd.end_rotation(p_schedule);
    return 'ACCEPTED';
  end if;
  return case v_taken when 0 then 'WATCHING' else 'TAKEN' end;
end
$$;

comment on function bunkd.judge_rotation(text) is
  'Asked by ticks after the switch of a rotation: falls back to the former credential once a call with the new one is '
  'answered 401 or 403; forgets the former one once three calls were taken, or after 10 minutes. Returns FELL_BACK, '
  'ACCEPTED, TAKEN: fewer than three were taken, WATCHING, or NONE.';
