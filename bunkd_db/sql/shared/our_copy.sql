p.prokind = 'f' and p.pronargs = 0
           and p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
           and pg_catalog.pg_get_userbyid(p.proowner) = current_user
