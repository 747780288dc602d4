-- where the credential is and what it is sent in, never its value
select c.schedule,
       c.kind,
       c.store,
       h.header,
       h.header || case lower(h.header) when 'authorization' then ': Bearer' else '' end as sent_in,
       to_char(c.set_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as set_at
  from bunkd.credential c
  join bunkd.schedule s on s.name = c.schedule
 cross join lateral (select coalesce(s.credential_header,
                                     case when c.kind like 'supabase-%%' then 'apikey'
                                       else 'Authorization' end)) as h (header)
 where c.schedule = %(schedule)s
   and c.place = 'current'
