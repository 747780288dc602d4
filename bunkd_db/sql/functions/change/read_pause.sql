create or replace function bunkd.read_pause(p_schedule bunkd.schedule) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_change bunkd.change;
begin
  if not bunkd.is_paused(p_schedule) then
    return null;
  elsif bunkd.is_retired(p_schedule) then
    return (select jsonb_build_object('since', extract(epoch from max(c.at)), 'until', null, 'by', null,
                                      'because', 'its file no longer declares it')
              from bunkd.change c where c.schedule = p_schedule.name and c.what = 'retire');
  end if;
  select * into v_change from bunkd.change c
   where c.schedule = p_schedule.name and c.what = 'pause' order by c.id desc limit 1;
  return jsonb_build_object(
    'since', extract(epoch from v_change.at), 'until', extract(epoch from p_schedule.paused_until),
    'because', p_schedule.paused_because, 'by', coalesce(v_change.actor, v_change.role));
end
$$;

comment on function bunkd.read_pause(bunkd.schedule) is
  'Of a schedule that is paused: since when, until when, why and by whom, as far as that is known; else null.';
