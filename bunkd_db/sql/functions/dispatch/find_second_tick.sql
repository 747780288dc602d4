create or replace function bunkd.find_second_tick(p_schedule bunkd.schedule, p_after timestamptz) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_pace constant text := bunkd.find_pace(p_schedule);
  v_zone text := 'UTC';
  v_after timestamptz;
  v_unsure interval := '0';
begin
  if v_pace !~ ' ' then
    return p_after + 2 * make_interval(secs => bunkd.seconds_between_ticks(p_schedule));
  elsif pg_has_role('pg_read_all_settings', 'usage') then
    v_zone := coalesce(current_setting('cron.timezone', true), 'UTC');  -- before pg_cron 1.5 there is no such setting
  else
    -- In whatever zone it is read: full hours differ by less than one there, anything else by a day at most.
    v_unsure := case when v_pace ~ E'^\\S+ \\* \\* \\* \\*$' then interval '1 hour' else interval '1 day' end;
  end if;
  -- a clock of that zone is read as one of UTC, and back
  v_after := p_after at time zone v_zone at time zone 'UTC';
  v_after := bunkd.find_next_cron_time(v_pace, bunkd.find_next_cron_time(v_pace, v_after));
  return (v_after at time zone 'UTC' at time zone v_zone) + v_unsure;
exception when invalid_parameter_value then  -- a zone that pg_cron knows and this server does not
  return null;
end
$$;

comment on function bunkd.find_second_tick(bunkd.schedule, timestamptz) is
  'When the second tick of pg_cron after p_after is due at the latest; null where no two come within years. Where '
  'this role cannot read cron.timezone, up to a day later than it is.';
