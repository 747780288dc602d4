-- where the credential is and what it is sent in, for check; credential.sql is for people
select c.schedule,
       c.kind,
       c.store,
       coalesce(s.credential_header, case when c.kind like 'supabase-%%' then 'apikey' else 'Authorization' end) as header
  from bunkd.credential c
  join bunkd.schedule s on s.name = c.schedule
 where c.schedule = %(schedule)s
