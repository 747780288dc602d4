create or replace function bunkd.notify_workers(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if not bunkd.is_paused(p_schedule) and bunkd.can_notify_workers(p_schedule.name) then
    perform pg_notify('bunkd:' || p_schedule.name, '');
  end if;
end
$$;

comment on function bunkd.notify_workers(bunkd.schedule) is
  'A wake where workers make the calls: tells them at commit. All else is theirs: slots are given back in their '
  'exchange.';
