-- over v.condition, a condition of the operator's, and v.queue_owner: the schemas that it names and that are open
(select n.nspname as name
   from pg_namespace n
  where n.nspname <> 'pg_catalog'
    and n.nspname::text = any (array(
      select coalesce(replace(t.word[1], '""', '"'), lower(t.word[2]))
        -- without its literals: an identifier in quotes, or a run of what is no operator
        from regexp_matches(regexp_replace(v.condition, '''(?:[^'']|'''')*''', '', 'g'),
                            E'"((?:[^"]|"")+)"|([^\\s"().,:;<>=+*/\\x25^|&~!@#?`\\[\\]{}-]+)', 'g') as t (word)))
    and /* shared/open_schema */)
