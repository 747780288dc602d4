create or replace function bunkd.find_slot_obstacle(p_schedule bunkd.schedule) returns bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule constant text := p_schedule.name;
  v_oldest record;
begin
  if /* shared/taken_slots */ < p_schedule.max_in_flight then
    return null;
  end if;
  select o.call, extract(epoch from clock_timestamp() - o.taken)::integer as seconds into v_oldest
    from bunkd.read_slots(p_schedule.name) as o order by o.taken limit 1;
  return row('NO_SLOT',
    case p_schedule.max_in_flight when 1 then 'the one slot is in use' else
      format('all %s slots are in use', p_schedule.max_in_flight) end
      || coalesce(format(', by call %s for %s s%s', v_oldest.call, v_oldest.seconds,
                         case when p_schedule.max_in_flight > 1 then ' and others' else '' end), ''),
    'Wait for a call to end, and try again. To see who holds the slots:',
    array['bunkd-db status --schedule ' || p_schedule.name])::bunkd.obstacle;
end
$$;

comment on function bunkd.find_slot_obstacle(bunkd.schedule) is
  'That no slot is free, with the call that has held one for the longest time; null where one is.';
