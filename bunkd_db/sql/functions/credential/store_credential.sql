create or replace function bunkd.store_credential() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_schedule bunkd.schedule;
  v_old bunkd.credential;
  v_place constant text := coalesce(new.place, 'current');
  v_salt bytea;
  v_store text;
  v_kind text;
begin
  -- No message here may carry new.value: messages are logged.
  if new.value is null or new.value = '' then
    raise exception 'the credential is empty' using errcode = 'invalid_parameter_value';
  elsif v_place in ('alert', 'heartbeat') and (
      new.value !~ '^https?://([a-zA-Z0-9._-]+|[[][0-9a-fA-F:.]+[]])(:[0-9]{1,5})?([/?][!-~]*)?$'
      or new.value like '%#%') then
    raise exception 'the URL of the % is not an http or https URL without a user and a fragment', v_place
      using errcode = 'invalid_parameter_value';
  elsif new.value !~ '^[!-~]+$' or length(new.value) > 8192 then
    raise exception 'the credential has a space, a line break or another character that an HTTP header cannot carry, '
                    'or is too long'
      using errcode = 'invalid_parameter_value';
  end if;
  if new.origin = 'deploy' then
    perform set_config('bunkd.origin', 'deploy', true);
  end if;
  select * into v_schedule from bunkd.schedule where name = new.schedule for update;
  if not found then
    raise exception 'there is no schedule %', new.schedule using errcode = 'invalid_parameter_value';
  elsif v_schedule.mode = 'external' and v_place in ('current', 'next') then
    raise exception 'this database cannot make the calls itself (%), so it stores no credential', v_schedule.mode_reason
      using errcode = 'object_not_in_prerequisite_state',
            hint = 'Give the credential to the external scheduler instead.';
  end if;

  select * into v_old from bunkd.credential where schedule = new.schedule and place = v_place;
  if new.origin = 'deploy' and v_old.deployed_digest = sha256(v_old.salt || convert_to(new.value, 'UTF8'))
     and (v_old.store = 'removed' or bunkd.can_read_credential(new.schedule, v_place)) then
    return null;  -- the last deploy set the same: what was rotated or removed since stays
  elsif new.origin = 'deploy' and v_place = 'current'
        and exists (select from bunkd.rotation r where r.schedule = new.schedule and r.switched is not null)
        and bunkd.find_credential(new.schedule) = new.value then
    -- the deploy has followed a rotation whose calls are still watched: they can still fall back
    update bunkd.credential c set deployed_digest = sha256(v_old.salt || convert_to(new.value, 'UTF8'))
     where c.schedule = new.schedule and c.place = v_place;
    return null;
  end if;

  v_kind := case when v_place in ('alert', 'heartbeat') then 'url' else bunkd.credential_kind(new.value) end;
  v_salt := coalesce(v_old.salt, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
  v_store := bunkd.keep_secret(new.schedule, v_place, new.value);
  insert into bunkd.credential as c (schedule, place, kind, store, salt, deployed_digest, set_at)
  values (
    new.schedule, v_place, v_kind, v_store, v_salt,
    case when new.origin = 'deploy' then sha256(v_salt || convert_to(new.value, 'UTF8')) else v_old.deployed_digest end,
    clock_timestamp()
  )
  on conflict (schedule, place) do update
    set kind = excluded.kind, store = excluded.store, set_at = excluded.set_at,
        deployed_digest = excluded.deployed_digest;
  if v_place = 'alert' then  -- whoever is told from now on hears of what is wrong already
    update bunkd.alert a set started = null where a.schedule = new.schedule and a.cleared is null;
  end if;
  if v_place <> 'current' then
    return null;
  end if;
  perform bunkd.end_rotation(new.schedule);  -- what it was to replace is gone
  update bunkd.schedule set endpoint_since = clock_timestamp() where name = new.schedule;
  perform bunkd.lock_tick(new.schedule, p_wait => true);
  perform bunkd.register_job(new.schedule);
  return null;
end
$$;

comment on function bunkd.store_credential() is
  'Trigger of bunkd.credential_inbox: puts the secret into Vault where there is one that gives it back, else into '
  'bunkd.secret, and registers the schedule of a new current credential. A deploy that brings what the last deploy '
  'brought changes nothing.';
