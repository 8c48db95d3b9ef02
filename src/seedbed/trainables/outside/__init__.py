"""What runs other people's code: processes with limits, and the runs that come out of them."""
