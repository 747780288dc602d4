create or replace function bunkd.find_net_transactions() returns xid[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(select l.transactionid from pg_locks l join /* shared/workers */ as w on w.pid = l.pid
                where l.locktype = 'transactionid' and l.granted and starts_with(w.name, 'pg_net '));
end
$$;

comment on function bunkd.find_net_transactions() is
  'The transactions that pg_net''s worker has open: what such a one has locked in pg_net''s queue is being sent, what '
  'any other has locked is not.';
