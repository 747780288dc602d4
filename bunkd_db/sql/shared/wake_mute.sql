-- over v_xid, a transaction's id as text: what bunkd.write_mute says
(v_xid || ' no more')
