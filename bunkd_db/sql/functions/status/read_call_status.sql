create or replace function bunkd.read_call_status(p_schedule bunkd.schedule) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_limit constant integer := 5000;
  v_now constant timestamptz := clock_timestamp();
begin
  return (
    with recent as materialized (
      select c.outcome, c.reason, c.settled, c.status_code, c.detail from bunkd.call c
       where c.schedule = p_schedule.name and c.sent > v_now - interval '1 hour'
       order by c.sent desc limit v_limit
    ), part as materialized (  -- of an hour's calls few are unlike: all else looks at these
      select coalesce(r.outcome, 'open') as outcome, r.reason, case when r.outcome = 'ok'
        then floor(extract(epoch from v_now - r.settled) / 300) end as age,
             count(*) as calls
        from recent as r group by 1, 2, 3
    ), grouped as (
      select p.outcome, p.reason, sum(p.calls) as calls,
        coalesce(bunkd.is_failure(nullif(p.outcome, 'open'), p_schedule.on_timeout), false) as failed
        from part as p group by p.outcome, p.reason
    ), answer as (  -- pg_net times each timeout: with its numbers no two would be alike
      select r.outcome, r.status_code, regexp_replace(left(r.detail, 200), ' Total time: .*', '') as detail,
             count(*) as calls
        from recent as r where r.outcome not in ('ok', 'empty') group by 1, 2, 3 order by 4 desc, 1 limit 5
    )
    select jsonb_build_object(
      'count', (select coalesce(sum(p.calls), 0) from part as p),
      'exact', (select coalesce(sum(p.calls), 0) < v_limit from part as p),
      'last_settled', (select extract(epoch from max(c.settled)) from bunkd.call c
                        where c.schedule = p_schedule.name and c.settled is not null),
      'by', (select jsonb_agg(to_jsonb(g) order by g.calls desc, g.outcome, g.reason) from grouped as g),
      'ok', (select coalesce(sum(p.calls), 0) from part as p where p.outcome = 'ok'),
      'per_5_min', array(select (select coalesce(sum(p.calls), 0) from part as p where p.age = a.age)
                         from generate_series(11, 0, -1) as a (age)),
      'answers', (select jsonb_agg(jsonb_build_object('outcome', a.outcome, 'status_code', a.status_code, 'detail',
                                                      bunkd.clean_text(a.detail, null), 'calls', a.calls)
                                   order by a.calls desc, a.outcome) from answer as a)));
end
$$;

comment on function bunkd.read_call_status(bunkd.schedule) is
  'For bunkd.read_status: the calls of the last hour by the ledger, the newest 5,000 at most: by outcome and reason, '
  'and what those that did not go well were answered; and when a call was last settled.';
