create or replace function bunkd.open_schedule(p_schedule text, p_url text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_here constant record := bunkd.read_identity();
  v_owner constant name := (select pg_get_userbyid(n.nspowner) from pg_namespace n where n.nspname = 'bunkd');
  v_old bunkd.schedule;
  v_copy boolean;
begin
  if current_user <> v_owner then  -- the cron job would be registered for the role that asks
    raise exception 'only role % can open a schedule, because it owns schema bunkd', quote_ident(v_owner)
      using errcode = 'insufficient_privilege', hint = format('Run first: set role %I;', v_owner);
  elsif p_url is null or p_url !~ '^https?://[!-.0-~][!-~]*$' then
    raise exception '% is not a url', coalesce(quote_literal(p_url), 'null')
      using errcode = 'invalid_parameter_value',
            hint = format('Name the url that schedule %s is to call from this database. It begins with https:// or '
                          'http://.', p_schedule);
  end if;
  select * into v_old from bunkd.schedule where name = p_schedule for update;
  if not found then
    raise exception 'there is no schedule %', coalesce(p_schedule, 'null')
      using errcode = 'invalid_parameter_value',
            hint = (select 'Use one of these: ' || string_agg(s.name, ', ' order by s.name) from bunkd.schedule s);
  elsif v_old.mode is null then
    raise exception 'schedule % is not provisioned yet', p_schedule
      using errcode = 'object_not_in_prerequisite_state', hint = 'Run: bunkd-db upgrade';
  end if;
  v_copy := bunkd.find_copy(v_old) is not null;
  if v_copy then
    update bunkd.credential set deployed_digest = null where schedule = p_schedule;
    perform bunkd.forget_urls(p_schedule);
  end if;
  update bunkd.schedule s
     set url = p_url, endpoint_since = clock_timestamp(),
         system_identifier = v_here.system_identifier, database_oid = v_here.database_oid,
         timeline = coalesce(v_here.timeline, case when not v_copy then s.timeline end),
         held = null, held_xid = null, held_because = null, held_after = null,
         -- what the original's deploys have set is nothing that a deploy of this one's must differ from; but a file is
         -- the same everywhere, and would bring the original's url back
         deployed = (select coalesce(jsonb_object_agg(d.key, d.value), '{}') from jsonb_each(s.deployed) as d
                      where d.key <> 'retired' and (not v_copy or d.key in ('mode', 'by', 'file')))
   where s.name = p_schedule;
  if v_old.mode = 'native' and (bunkd.choose_transport(v_old.transport_used)).transport in ('pg_net', 'both') then
    perform bunkd.close_net();
  end if;
  perform bunkd.lock_tick(p_schedule, p_wait => true);
  perform bunkd.register_job(p_schedule);
  if bunkd.can_notify_workers(p_schedule) then
    perform pg_notify('bunkd:' || p_schedule, '');
  end if;
  perform bunkd.attach_wakes(p_schedule);  -- last, because it locks the application's table
  return coalesce((select format('schedule %s is open, but makes no calls now: %s', p_schedule,
                                 string_agg(o.detail, '; '))
                     from bunkd.find_obstacles(p_schedule) as o having count(*) > 0),
                  format('schedule %s is open: this database makes its calls', p_schedule));
end
$$;

comment on function bunkd.open_schedule(text, text) is
  'Lets one schedule make calls from a database that is a copy, or looks like one, to the url that is named; every '
  'other schedule stays as it is. For schedules that no upgrade configures. Returns whether calls are made then, and '
  'if not, why.';
