"""What all tests share."""

import hypothesis

# The machines that run these tests are shared and slow at times: how long an example takes says nothing.
hypothesis.settings.register_profile("seedbed", deadline=None)
hypothesis.settings.load_profile("seedbed")
