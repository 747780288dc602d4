-- whether pg_net's queue is above 64 MB: others may fill it, and a write of the application must not pay for that
-- (case: to look in without the schema's usage would be an error)
coalesce(case when has_schema_privilege(to_regnamespace('net'), 'usage')
           then pg_relation_size(to_regclass('net.http_request_queue')) > 64 * 1024 * 1024 end, false)
