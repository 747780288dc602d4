-- what this transaction has set anew in a schedule, by column; what is secret looks the same before and after
select a.key as setting,
       c.before -> a.key #>> '{}' as was,
       a.value #>> '{}' as now
  from bunkd.change c
 cross join jsonb_each(c.after) as a
 where c.schedule = %(schedule)s
   and c.what = 'set'
   and c.at >= transaction_timestamp()
   and a.value is distinct from c.before -> a.key
   and not exists (select from bunkd.change n
                    where n.schedule = c.schedule and n.what = 'create' and n.at >= transaction_timestamp())
 order by c.id, a.key
