-- a privilege, for pg_has_role: that a role is another one or can become it. Since PostgreSQL 16 there are memberships
-- that give nothing at all (with inherit false, set false).
case when current_setting('server_version_num')::integer < 160000 then 'member'
     else 'set, usage, member with admin option' end
