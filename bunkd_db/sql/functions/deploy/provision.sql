create or replace function bunkd.provision(p_settings jsonb) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name constant text := p_settings ->> 'schedule';
  v_here constant record := bunkd.read_identity();
  v_given constant jsonb := coalesce(p_settings -> 'set', '{}');
  v_file jsonb := coalesce(p_settings -> 'file_set', '{}');
  v_set jsonb;
  v_old bunkd.schedule;
  v_copy boolean;
  v_by text := p_settings ->> 'by';
  v_is_new boolean;
  v_stays boolean;
  v_differs jsonb;
  v_taken boolean;
  v_revived boolean;
  v_retired text[];
  v_mode text;
  v_modes jsonb;
  v_reason bunkd.obstacle;
  v_chosen record;
  v_each text;
  v_kind text;
  v_role text;
  v_closed boolean := false;
begin
  perform set_config('bunkd.origin', 'deploy', true);
  foreach v_kind in array array['reader', 'worker'] loop
    v_role := p_settings ->> (v_kind || '_role');
    continue when v_role is null;
    if not exists (select from pg_roles r where r.rolname = v_role) then
      raise exception 'BUNKD_%_ROLE names role %, which does not exist', upper(v_kind), v_role
        using errcode = 'invalid_parameter_value', hint = format('Create it first: create role %I;', v_role);
    end if;
    insert into bunkd.access (kind, role) values (v_kind, v_role)
    on conflict (kind) do update set role = excluded.role;
  end loop;

  insert into bunkd.schedule (name) values (v_name) on conflict do nothing;
  v_is_new := found;
  select * into strict v_old from bunkd.schedule where name = v_name for update;
  if v_by = 'file' and v_old.deployed ->> 'by' is distinct from 'file' and not v_is_new then
    -- The file takes a schedule that it has not made only as it is, and never changes it on the way.
    select jsonb_agg(n.key order by n.key) into v_differs
      from jsonb_populate_record(v_old, v_file) as p
     cross join jsonb_each(to_jsonb(p)) as n
     where to_jsonb(v_old) -> n.key is distinct from n.value
       and not (n.key = 'rescue_after' and p.rescue_after = v_old.rescue_after);
    v_taken := v_differs is null;
    if not v_taken then
      v_file := '{}';
      raise notice 'schedule % was not made by a file, and is left as it is: % differ', v_name, v_differs;
    end if;
  end if;
  -- Whose it is stays as it was, but where the file takes it, or a run names one that its own file does not declare.
  v_by := case when v_by = 'file' and v_differs is null then 'file'
               when (p_settings -> 'named')::boolean
                    and (bunkd.is_retired(v_old) or not p_settings -> 'declared' ? v_name) then nullif(v_by, 'file')
               else coalesce(v_old.deployed ->> 'by', nullif(v_by, 'file')) end;
  v_revived := bunkd.is_retired(v_old) and (v_file <> '{}' or (p_settings -> 'named')::boolean);
  v_copy := bunkd.find_copy(v_old) is not null;
  -- A file is the same everywhere: its url is no evidence that this database is meant.
  v_stays := v_copy and not (v_given ? 'url' and (p_settings -> 'credential_given')::boolean);
  v_mode := coalesce(p_settings ->> 'mode', v_old.deployed ->> 'mode', 'auto');
  if not v_stays then
    if v_copy then
      -- This run names its own url and credential: nothing of the original's may linger.
      v_old.deployed := (select coalesce(jsonb_object_agg(d.key, d.value), '{}') from jsonb_each(v_old.deployed) as d
                          where d.key in ('by', 'file'));
      update bunkd.credential set deployed_digest = null where schedule = v_name;
      perform bunkd.forget_urls(v_name);
    end if;
    -- Sticky: only what this deploy sets and the last one did not; the file's values are compared with the file's.
    v_set := (select coalesce(jsonb_object_agg(n.key, n.value), '{}') from jsonb_each(v_file) as n
               where v_old.deployed -> 'file' -> n.key is distinct from n.value and not v_given ? n.key)
          || (select coalesce(jsonb_object_agg(n.key, n.value), '{}') from jsonb_each(v_given) as n
               where v_old.deployed -> n.key is distinct from n.value);
    perform bunkd.apply_settings(v_name, v_set);
    update bunkd.schedule s
       set system_identifier = coalesce(case when not v_copy then s.system_identifier end, v_here.system_identifier),
           database_oid = v_here.database_oid,
           timeline = coalesce(v_here.timeline, case when not v_copy then s.timeline end),
           held = null, held_xid = null, held_because = null, held_after = null,
           deployed = v_old.deployed - array['by', case when v_revived then 'retired' else '' end] || v_given
             || jsonb_strip_nulls(jsonb_build_object('mode', v_mode, 'by', v_by, 'file', nullif(v_file, '{}')))
     where s.name = v_name;
    if v_revived then
      perform bunkd.record_change(v_name, 'resume');
    end if;
  end if;
  if (p_settings -> 'more')::boolean then  -- the last one of this run registers them all
    return jsonb_build_object('credential_wanted', false, 'differs', v_differs, 'taken', v_taken and not v_stays,
                              'revived', v_revived and not v_stays);
  end if;

  if v_mode = 'external' then
    v_reason := row('MODE_EXTERNAL', 'BUNKD_MODE is external', null, null)::bunkd.obstacle;
  elsif not v_stays then
    v_reason := (bunkd.choose_transport((select s.transport from bunkd.schedule s where s.name = v_name))).obstacle;
  end if;
  if v_reason.code is not null and v_mode = 'native' then
    raise exception 'BUNKD_MODE is native, but this database cannot make the calls itself: %', v_reason.detail
      using errcode = 'object_not_in_prerequisite_state', hint = 'See: bunkd-db check';
  end if;
  perform bunkd.lock_tick(s.name, p_wait => true) from bunkd.schedule s;
  if p_settings ? 'declared' then
    v_retired := bunkd.retire_schedules(p_settings -> 'declared',
                                        case when (p_settings -> 'named')::boolean then v_name end);
    if v_retired <> '{}' then  -- for who runs a script
      raise notice 'no longer declared, and so without calls: %', array_to_string(v_retired, ', ');
    end if;
  end if;
  -- The mode is each one's own; a row that no deploy has set follows the run that is about no schedule by name.
  select jsonb_object_agg(s.name, coalesce(s.deployed ->> 'mode', case
           when p_settings ->> 'by' is null then v_mode
           when s.mode_code = 'MODE_EXTERNAL' then 'external'
           else 'auto' end)) into v_modes from bunkd.schedule s;
  for v_each in
    select s.name from bunkd.schedule s
     -- beside one that takes this database for a copy: those that are new
     where not bunkd.is_retired(s) and (s.mode is null or not v_stays) order by s.name
  loop
    if v_modes ->> v_each = 'external' then
      select null::text as transport,
             row('MODE_EXTERNAL', 'BUNKD_MODE is external', null, null)::bunkd.obstacle as obstacle into v_chosen;
    else
      v_chosen := bunkd.choose_transport((select s.transport from bunkd.schedule s where s.name = v_each));
    end if;
    v_closed := v_closed or v_chosen.transport in ('pg_net', 'both') and bunkd.close_net();
    update bunkd.schedule s
       set mode = case when v_chosen.transport is null then 'external' else 'native' end,
           transport_used = v_chosen.transport,
           mode_code = (v_chosen.obstacle).code, mode_reason = (v_chosen.obstacle).detail,
           -- of another schedule: what is not known yet is this database
           system_identifier = coalesce(s.system_identifier, v_here.system_identifier),
           database_oid = coalesce(s.database_oid, v_here.database_oid),
           timeline = coalesce(s.timeline, v_here.timeline)
     where s.name = v_each;
    if v_chosen.transport is not null then
      perform bunkd.register_job(v_each);
    else
      perform bunkd.unregister_job(v_each);
      -- nobody would watch it any more, nor drop the former credential
      perform bunkd.end_rotation(r.schedule) from bunkd.rotation r where r.schedule = v_each and r.switched is not null;
    end if;
    if bunkd.can_notify_workers(v_each) then
      perform pg_notify('bunkd:' || v_each, '');  -- whoever makes the calls from now on learns it at once
    end if;
  end loop;
  perform bunkd.record_upgrade(p_settings ->> 'version');
  return jsonb_build_object('credential_wanted', v_reason.code is null and not v_stays, 'copy', v_stays, 'was_native',
                            v_old.mode is not distinct from 'native',
                            'closed_net', v_closed, 'remedy', v_reason.remedy, 'commands', v_reason.commands,
                            'differs', v_differs, 'taken', v_taken and not v_stays,
                            'revived', v_revived and not v_stays, 'retired', v_retired);
end
$$;

comment on function bunkd.provision(jsonb) is
  'The step of an upgrade that follows the revisions, safe to repeat: applies what this deploy sets anew, enables the '
  'extensions where they can be, registers every schedule or records why the calls must come from outside. Returns '
  'credential_wanted, was_native, closed_net, what would make it native, remedy and commands, where that is known; '
  'of a run with a file: which columns of a schedule that the file has not made differ, whether it has taken it, whom '
  'it retired; and whether the schedule is in use again. With more, another call for the same run follows, and only '
  'the last one registers.';
