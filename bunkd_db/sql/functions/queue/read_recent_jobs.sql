create or replace function bunkd.read_recent_jobs(p_schedule bunkd.schedule, p_shape bunkd.queue_shape, p_window text)
  returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set enable_bitmapscan = off  -- a bitmap is made whole before the first row
set enable_sort = off  -- nor is the table sorted: the window comes in the order of its index
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_found constant record := bunkd.find_report_columns(p_shape.queue);
  v_hour constant timestamptz := clock_timestamp() - interval '1 hour';
  v_recent jsonb;
begin
  execute format($query$
    with seen as materialized (
      select %1$s as status, %2$s as created, %3$s as started, %4$s as ended, %5$s as error from %6$s
    ), job as materialized (  -- a time without an end, or of tomorrow, is none
      select s.status, s.status = any ($1) as done, s.status = any ($2) as failed,
             case when s.status = any ($2) then left(s.error, 2000) end as error,
             case when isfinite(s.created) then s.created end as created,
             case when isfinite(s.started) and s.started <= clock_timestamp() then s.started end as started,
             case when s.status = any ($1 || $2) and isfinite(s.ended) and s.ended <= clock_timestamp()
               then s.ended end as ended
        from seen as s
    ), picked as (
      select extract(epoch from j.started - j.created)::double precision as seconds
        from job as j where j.started > $3 and j.started >= j.created
    ), run as (
      select extract(epoch from j.ended - j.started)::double precision as seconds
        from job as j where j.done and j.ended > $3 and j.ended >= j.started
    ), slice as (
      select floor(extract(epoch from clock_timestamp() - j.ended) / 300) as age, count(*) as jobs
        from job as j where j.done and j.ended > $3 group by 1
    ), reason as (  -- alike but for the numbers and ids in them
      select min(j.error) as text, count(*) as jobs,
             count(*) filter (where coalesce(j.ended, j.created) > $3) as jobs_last_hour,
             max(coalesce(j.ended, j.created)) as latest
        from job as j
       where j.failed and j.error <> '' and coalesce(j.ended, j.created) > $3 - interval '23 hours'
       group by translate(lower(left(j.error, 200)), '0123456789abcdef-', '')
       order by 2 desc, 4 desc limit 5
    )
    select jsonb_build_object(
      'rows', (select count(*) from job),
      'since', (select extract(epoch from min(j.created)) from job as j),
      'ends_known', $4,
      'completed', (select count(*) from job as j where j.done and j.ended > $3),
      'failed', (select count(*) from job as j where j.failed and coalesce(j.ended, j.created) > $3),
      'per_5_min', array(select coalesce((select s.jobs from slice as s where s.age = a.age), 0)
                         from generate_series(11, 0, -1) as a (age)),
      'pickup', (select jsonb_build_object('jobs', count(*), 'seconds',
                 percentile_cont(array[0.5, 0.95, 0.99]) within group (order by p.seconds)) from picked as p),
      'run', (select jsonb_build_object('jobs', count(*), 'seconds',
                 percentile_cont(array[0.5, 0.95, 0.99]) within group (order by r.seconds)) from run as r),
      'statuses', (select jsonb_agg(to_jsonb(g)) from (
         select v.value, sum(v.rows) as rows, max(v.created) as latest_created, max(v.ended) as latest_completed
           from (select bunkd.clean_text(j.status, null) as value, count(*) as rows,
                 extract(epoch from max(j.created)) as created,
                        extract(epoch from max(j.ended)) as ended
                   from job as j where j.status is not null group by j.status order by 2 desc limit 30) as v
          group by v.value order by 2 desc limit 30) as g),
      'errors', (select jsonb_agg(to_jsonb(r))
                 from (select e.text, e.jobs, e.jobs_last_hour, extract(epoch from e.latest) as latest
                       from reason as e) as r))
    $query$,
    format('%I::%s::text', p_schedule.status_column, p_shape.status_type),
    coalesce(quote_ident(p_shape.created_column), 'null::timestamptz'),
    coalesce(quote_ident(p_shape.started_column), 'null::timestamptz'),
    format('coalesce(%s, %s)', coalesce(quote_ident(v_found.completed), 'null::timestamptz'),
           coalesce(quote_ident(v_found.updated), 'null::timestamptz')),
    coalesce(quote_ident(v_found.error), 'null::text'), p_window)
    into v_recent using p_schedule.status_done, p_schedule.status_failed, v_hour,
      coalesce(v_found.completed, v_found.updated) is not null;
  return v_recent;
end
$$;

comment on function bunkd.read_recent_jobs(bunkd.schedule, bunkd.queue_shape, text) is
  'For bunkd.read_status: what the newest rows of a queue (bunkd.write_window) say of the last hour: how long jobs '
  'waited and ran, how many ended and how, and, of the last day, the commonest errors, as the application wrote them.';
