"""Where shards are computed: in this process, in processes of this machine, or on a cluster."""
