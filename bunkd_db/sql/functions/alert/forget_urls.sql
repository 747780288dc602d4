create or replace function bunkd.forget_urls(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform bunkd.remove_url(p_schedule, 'alert');
  perform bunkd.remove_url(p_schedule, 'heartbeat');
  delete from bunkd.credential c where c.schedule = p_schedule and c.place in ('alert', 'heartbeat');
  delete from bunkd.message m where m.schedule = p_schedule;
  delete from bunkd.alert a where a.schedule = p_schedule;
end
$$;

comment on function bunkd.forget_urls(text) is
  'For a copy that is let call: the URLs are the original''s, whose heartbeat must not come from here.';
