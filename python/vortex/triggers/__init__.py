"""Triggers: what a deferred task waits for, run beside others in the event loop of a trigger host (`vortex.host.trigger_host`)."""
