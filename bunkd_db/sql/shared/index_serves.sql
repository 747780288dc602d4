-- over an index i, the status column a and the words v.words: whether the index finds all rows with one of them. By its
-- first column, or because its predicate says nothing else but that the status is one of these words or some more.
i.indisvalid
and exists (select from pg_class c join pg_am m on m.oid = c.relam and m.amname = 'btree' where c.oid = i.indexrelid)
-- of any other type, = may be another operator than ours
and (a.atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'name'::regtype,
                    'int2'::regtype, 'int4'::regtype, 'int8'::regtype)
     or exists (select from pg_type t where t.oid = /* shared/base_type */
                   and (t.typtype = 'e' or t.oid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype,
                                                     'name'::regtype,
                                                     'int2'::regtype, 'int4'::regtype, 'int8'::regtype))))
and case when i.indpred is null then i.indkey[0] = a.attnum and i.indcollation[0] = a.attcollation
    else exists (
      select from pg_type t
       cross join lateral (select pg_get_expr(i.indpred, i.indrelid) as rows) as p
       cross join lateral (
         -- without literals, casts and parentheses
         select translate(regexp_replace(regexp_replace(p.rows, '''(?:[^'']|'''')*''', '?', 'g'),
                                         E'::("[^"]+"|[a-z_0-9. ])+(\\[\\])?', '', 'g'), '() ', '') as says,
                translate(quote_ident(a.attname), '() ', '') || '=' as status_is
       ) as r
       where t.oid = /* shared/base_type */
         and starts_with(r.says, r.status_is)
           and substr(r.says, length(r.status_is) + 1) ~ E'^(\\?|ANYARRAY\\[\\?(,\\?)*\\])$'
         and array(select w from unnest(v.words) as w  -- an enum has only its own labels
                    where t.typtype <> 'e' or exists (select from pg_enum e where e.enumtypid = t.oid
                                                      and e.enumlabel = w))
             <@ array(select replace(l.word[1], '''''', '''')
                      from regexp_matches(p.rows, '''((?:[^'']|'''')*)''', 'g') as l (word)))
    end
