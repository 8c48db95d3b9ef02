"""A study on disk: what files hold, who writes them, who reads them."""
