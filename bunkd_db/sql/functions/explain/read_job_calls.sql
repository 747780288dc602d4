create or replace function bunkd.read_job_calls(p_schedule bunkd.schedule, p_row jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set enable_bitmapscan = off  -- a bitmap is made whole before the first row
set jit = off
as $$
declare
  v_limit constant integer := 5000;
  v_ended constant timestamptz := coalesce(bunkd.read_time(p_row, 'completed'), bunkd.read_time(p_row, 'updated'));
  v_from constant timestamptz := coalesce(bunkd.read_time(p_row, 'created') - interval '1 minute', '-infinity');
  v_to constant timestamptz := coalesce(
    case when p_row ->> 'state' in ('done', 'failed') then v_ended + interval '1 minute' end, 'infinity');
begin
  return (
    with looked_at as materialized (  -- no index has the job: those that were sent while it was there
      select c.id, c.schedule = p_schedule.name and c.job_id = left(p_row ->> 'id', 100) as named
        from bunkd.call c where c.sent between v_from and v_to order by c.sent desc limit v_limit
    ), told (id, sure) as (  -- an answer names the job; of a call that is open only the time tells
      select o.id, true from looked_at as o where o.named
      union all
      select f.call, false from bunkd.find_claiming_call(p_schedule, p_row) as f
       where p_row ->> 'state' = 'active' and f.call is not null
    ), newest as (
      select c.*, t.sure from told as t join bunkd.call c on c.id = t.id order by c.sent desc limit 20
    )
    select jsonb_build_object(
      'exact', (select count(*) < v_limit from looked_at),
      'calls', coalesce(jsonb_agg(jsonb_build_object(
        'call', n.id, 'reason', n.reason, 'worker', bunkd.clean_text(n.worker, null), 'sure', n.sure,
        'sent', extract(epoch from n.sent), 'settled', extract(epoch from n.settled), 'outcome', n.outcome,
        'status_code', n.status_code, 'detail', bunkd.clean_text(n.detail, null)) order by n.sent), '[]'))
      from newest as n);
end
$$;

comment on function bunkd.read_job_calls(bunkd.schedule, jsonb) is
  'The newest 20 calls of a job by the ledger, among the 5,000 newest of its time (exact: those were all).';
