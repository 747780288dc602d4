-- over pg_proc p: that it is our copy of bunkd.on_queue_write in the schema of a queue
p.proname = 'bunkd_on_queue_write' and p.prokind = 'f' and p.pronargs = 0
           and p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
           and pg_catalog.pg_get_userbyid(p.proowner) = current_user
