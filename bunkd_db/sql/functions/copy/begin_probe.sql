create or replace function bunkd.begin_probe(p_schedule bunkd.schedule) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_here constant record := bunkd.read_identity();
  v_shape bunkd.queue_shape;
  v_key name;
  v_wanted integer;
  v_waits boolean;
begin
  if p_schedule.held is null or p_schedule.held_after is null or p_schedule.on_restore <> 'probe'
     or bunkd.is_paused(p_schedule) or p_schedule.url is null
     or p_schedule.system_identifier is distinct from v_here.system_identifier
     or p_schedule.database_oid <> v_here.database_oid
     or exists (select from bunkd.call c
                 where c.schedule = p_schedule.name and c.reason = 'probe'
                   and (c.settled is null or c.retry_at > clock_timestamp()
                        or c.sent between clock_timestamp() - interval '5 minutes'
                                      and clock_timestamp() + interval '5 minutes')) then
    return false;
  end if;
  v_shape := bunkd.read_queue_shape(p_schedule);
  v_key := bunkd.find_witness_key(v_shape);
  select d.wanted into v_wanted from bunkd.count_wanted_calls(p_schedule, v_shape, 'tick') as d;
  if v_key is null or v_wanted <= 0 then
    return false;
  end if;
  execute format('select exists (select from %1$s where %2$s and %3$I > $1 and %3$I <= clock_timestamp())',
                 v_shape.queue, v_shape.waiting, v_shape.created_column)
    into v_waits using p_schedule.held_after;
  if not v_waits then
    return false;
  end if;
  perform from bunkd.schedule s where s.name = p_schedule.name for no key update skip locked;
  if not found then  -- an upgrade is at work
    return false;
  end if;
  perform bunkd.ensure_slots(p_schedule);  -- whoever replays the WAL empties unlogged tables
  update bunkd.schedule s set held_xid = pg_current_xact_id()::text::bigint where s.name = p_schedule.name;
  return true;
end
$$;

comment on function bunkd.begin_probe(bunkd.schedule) is
  'Whether a held schedule is to make one call now, to learn from its answer whose url this is: only with on_restore '
  '= probe, while a job waits that was queued since, and 5 minutes after the last one. Notes the transaction, so '
  'that bunkd.is_served can tell what happened after it.';
