select c.schedule,
       c.kind,
       case c.store when 'vault' then 'Vault secret bunkd:' || c.schedule else 'table bunkd.secret, in the clear' end as kept_in,
       coalesce(s.credential_header,
                case when c.kind like 'supabase-%%' then 'apikey' else 'Authorization: Bearer' end) as sent_in,
       to_char(c.set_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as set_at
  from bunkd.credential c
  join bunkd.schedule s on s.name = c.schedule
 where c.schedule = %(schedule)s
