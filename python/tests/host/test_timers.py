from vortex.host.timers import SWEEP_ABOVE, Timers


def test_due_timers_run_in_order_and_cancelled_ones_do_not():
    timers, ran = Timers(), []
    timers.at(2.0, lambda: ran.append("b"))
    timers.at(1.0, lambda: ran.append("a"))
    timers.cancel(timers.at(1.5, lambda: ran.append("never")))
    timers.at(1e18, lambda: ran.append("later"))
    timers.run_due()
    assert ran == ["a", "b"]
    assert timers.seconds_to_next() > 1e9


def test_many_cancelled_timers_take_no_room():
    timers = Timers()
    for index in range(100_000):
        timers.cancel(timers.at(1e18 + index, lambda: None))
    assert len(timers) <= SWEEP_ABOVE + 1


def test_a_timer_that_ran_may_be_taken_back():
    timers = Timers()
    timer = timers.at(0.0, lambda: None)
    timers.run_due()
    timers.cancel(timer)
    assert len(timers) == 0 and timers.seconds_to_next() is None
