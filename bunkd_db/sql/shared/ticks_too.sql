-- over a job j of a role r and a schedule s: whether another role's job of our name ticks for it. Anybody may give a
-- job that name, and our command: what ticks belongs to a role that may run a tick.
(j.jobname = 'bunkd:' || s.name and j.active and j.database = current_database() and /* shared/our_command */
 and coalesce(has_schema_privilege(r.oid, to_regnamespace('bunkd'), 'usage')
              and has_function_privilege(r.oid, to_regprocedure('bunkd.tick(text)'), 'execute'), false))
