"""What one would pick instead, beside ours: the same jobs, the same function, one system after the other."""
