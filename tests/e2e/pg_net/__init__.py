"""What bunkd-db relies on in pg_net, held against the real one and against its double alike.

A test that passes on one and fails on the other means that the double lies. What a version of pg_net
does otherwise than another is asserted for both, by the version that the server names.
"""
