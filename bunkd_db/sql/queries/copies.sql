-- what a downgrade could not drop of the wake's functions in the queues' own schemas
select concat(quote_ident(n.nspname), '.', p.proname, '()')
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where /* shared/our_copy */
 order by 1
