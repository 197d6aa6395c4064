"""A pool that is as large as its work calls for."""

import threading
from functools import partial

import pytest

from extract.workers import Workers, result_of


def test_results_and_errors_come_back_in_the_order_of_asking() -> None:
    workers = Workers(lambda: 3)
    futures = [workers.submit(partial(pow, number, 2)) for number in range(20)]
    failing = workers.submit(lambda: 1 / 0)
    assert [result_of(future) for future in futures] == [number**2 for number in range(20)]
    with pytest.raises(ZeroDivisionError):
        result_of(failing)
    workers.close()


def test_a_thread_starts_only_where_work_waits_and_none_is_idle() -> None:
    workers = Workers(lambda: 8)
    for _ in range(5):
        result_of(workers.submit(lambda: None))
    assert workers.threads <= 2  # the one that is done may still be on its way back
    workers.close()


@pytest.mark.parametrize("width", [1, 5, 40])
def test_as_many_work_at_the_same_time_as_the_width_says_and_no_more(width: int) -> None:
    lock, full, go = threading.Lock(), threading.Event(), threading.Event()
    at_work = most = 0

    def work() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
            if at_work == width:
                full.set()
        go.wait()
        with lock:
            at_work -= 1

    workers = Workers(lambda: width)
    futures = [workers.submit(work) for _ in range(3 * width)]
    assert full.wait(30)
    go.set()
    for future in futures:
        result_of(future)
    assert most == width == workers.threads
    workers.close()


def test_the_pool_grows_and_shrinks_with_what_is_called_for() -> None:
    width = 1
    workers = Workers(lambda: width)
    gates = [threading.Event() for _ in range(6)]
    begun = [threading.Event() for _ in range(6)]

    def work(number: int) -> None:
        begun[number].set()
        gates[number].wait()

    futures = [workers.submit(partial(work, number)) for number in range(6)]
    assert begun[0].wait(30)
    width = 3
    gates[0].set()
    assert all(event.wait(30) for event in begun[1:4])
    width = 1
    gates[1].set()
    result_of(futures[1])
    gates[2].set()
    result_of(futures[2])
    assert not begun[4].is_set()
    for gate in gates:
        gate.set()
    for future in futures:
        result_of(future)
    workers.close()


def test_what_is_cancelled_before_it_begins_is_not_done() -> None:
    gate, done = threading.Event(), []
    workers = Workers(lambda: 1)
    first = workers.submit(gate.wait)
    second = workers.submit(lambda: done.append(2))
    third = workers.submit(lambda: done.append(3))
    assert second.cancel()
    gate.set()
    result_of(first)
    result_of(third)
    assert done == [3]
    workers.close()


def test_closing_does_not_wait_for_one_that_hangs() -> None:
    workers = Workers(lambda: 2)
    gate = threading.Event()
    hanging = workers.submit(gate.wait)
    workers.close(patience=0.01)
    assert not hanging.done()
    gate.set()
