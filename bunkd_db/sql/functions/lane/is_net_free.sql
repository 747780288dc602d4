create or replace function bunkd.is_net_free() returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if bunkd.find_readable_queue() is null then  -- apart: a view in its place could run code when that is planned
    return false;
  end if;
  return not /* shared/net_is_filled */
    and not exists (select from bunkd.slot s where s.net_queue is not null and not s.detached)
    and not exists (select from net.http_request_queue)
    -- it sleeps for a second after each batch, and nothing wakes it then
    and not exists (select from (select o.* from bunkd.call o order by o.id desc limit 50) as c
                     where c.request is not null and c.settled > clock_timestamp() - interval '1 s')
    and not exists (select from net._http_response r where r.created > clock_timestamp() - interval '1 s')
    and cardinality(bunkd.find_net_transactions()) = 0;
exception when insufficient_privilege or lock_not_available then
  return false;
end
$$;

comment on function bunkd.is_net_free() is
  'Whether pg_net would send a call at once: it has nothing to send, of anybody, and is not in its pause after a '
  'batch.';
