create or replace function bunkd.write_pause(p_schedule bunkd.schedule) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if bunkd.is_retired(p_schedule) then
    return 'the schedule is retired: its file no longer declares it, so no calls are made';
  end if;
  return concat(
    'the schedule is paused', ' by ' || (bunkd.read_pause(p_schedule) ->> 'by'),
    to_char(p_schedule.paused_until at time zone 'UTC', '" until "YYYY-MM-DD HH24:MI" UTC"'), ': no calls are made',
    ' (reason: ' || left(p_schedule.paused_because, 200) || ')');
end
$$;

comment on function bunkd.write_pause(bunkd.schedule) is
  'That a schedule is paused, by whom, until when and why, in words.';
