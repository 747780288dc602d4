-- why the last tick rescued no stuck job; as text: before revision 0003 there is no such column
select to_jsonb(t) ->> 'rescue_problem' as problem
  from bunkd.last_tick t
 where t.schedule = %(schedule)s
