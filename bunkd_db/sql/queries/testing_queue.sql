-- what a test's function does with a job of the queue: statements whose names the server has quoted
with queue as (
  select replace(to_regclass(s.queue_table)::text, '%%', '%%%%') as name,
         replace(quote_ident(s.status_column), '%%', '%%%%') as status,
         replace(quote_ident(a.attname), '%%', '%%%%') as key,
         replace(coalesce(' and (' || s.queue_where || ')', ''), '%%', '%%%%') as claimable,
         s.status_waiting as waiting, s.status_active[1] as active, s.status_done[1] as done
    from bunkd.schedule s
    left join pg_index i on i.indrelid = to_regclass(s.queue_table) and i.indisprimary
     and i.indnkeyatts = 1
    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
   where s.name = %(schedule)s
)
select concat('update ', q.name, ' set ', q.status, ' = %%(active)s where ', q.key, ' = (select ', q.key,
              ' from ', q.name, ' where ', q.status, '::text = any (%%(waiting)s)', q.claimable,
              ' limit 1 for update skip locked) returning ', q.key, '::text') as claim,
       concat('update ', q.name, ' set ', q.status, ' = %%(done)s where ', q.key, '::text = %%(job)s') as finish,
       q.name is not null and q.key is not null as possible,
       q.waiting, q.active, q.done
  from queue q
