-- over a namespace n and v.queue_owner: whether a role that is not trusted has functions or operators in it, or can
-- create there: a name in it may come to mean something else
exists (
  select from (
    select n.nspowner as role
    union
    select a.grantee from aclexplode(n.nspacl) as a where a.privilege_type = 'CREATE'
    union
    select p.proowner from pg_proc p where p.pronamespace = n.oid
    union
    select p.oprowner from pg_operator p where p.oprnamespace = n.oid
  ) as w
  where not /* shared/trusted */)
