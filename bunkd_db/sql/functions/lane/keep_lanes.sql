create or replace function bunkd.keep_lanes(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_lanes integer := 0;
begin
  if bunkd.sends_by_lanes(p_schedule) then
    v_lanes := least(p_schedule.max_in_flight, bunkd.count_lanes());
  end if;
  update bunkd.schedule s set lanes = v_lanes where s.name = p_schedule.name and s.lanes <> v_lanes;
  for v_lane in 1 .. v_lanes loop
    -- before pg_cron 1.5 nothing can be switched on within a second: there, all of them look
    perform bunkd.keep_cron_job(bunkd.name_lane(p_schedule.name, v_lane), bunkd.write_lane_schedule(v_lane),
                                '* * * * *', bunkd.write_lane_command(p_schedule.name, v_lane));
  end loop;
  perform bunkd.remove_lanes(p_schedule.name, v_lanes, p_at_once => false);
end
$$;

comment on function bunkd.keep_lanes(bunkd.schedule) is
  'Makes the cron jobs of a schedule''s lanes what they have to be, as many as bunkd.count_lanes allows and '
  'max_in_flight needs; none where pg_net alone sends.';
