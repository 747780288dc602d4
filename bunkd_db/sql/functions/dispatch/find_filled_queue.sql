create or replace function bunkd.find_filled_queue(p_schedule bunkd.schedule) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return case when p_schedule.wake and bunkd.sends_by_net(p_schedule)
                   and /* shared/net_is_filled */ then
    'net.http_request_queue is larger than 64 MB: writes to the queue cause no call, only ticks do. See what fills it: '
    'select url, count(*) from net.http_request_queue group by url; where it is empty, as its owner: vacuum full '
    'net.http_request_queue;' end;
end
$$;

comment on function bunkd.find_filled_queue(bunkd.schedule) is
  'That pg_net''s queue is too large for the wake, by the rule of bunkd.dispatch_for_write; null where it is not.';
