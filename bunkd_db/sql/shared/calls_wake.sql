-- over pg_trigger t: that it calls bunkd.on_queue_write or our copy of it
exists (select from pg_proc p
             join pg_proc o on o.oid = 'bunkd.on_queue_write'::regproc and o.proowner = p.proowner
             where p.oid = t.tgfoid and p.proname in ('on_queue_write', 'bunkd_on_queue_write'))
