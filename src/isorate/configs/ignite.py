"""Ignite's ``Engine``, as of 0.5.5: its events, in order, and the handlers that a text attaches."""

from __future__ import annotations

from typing import Final

from isorate.kit.registry import Trainer

CODE: Final = '''
class _Event:
    """An event, and in which of its turns a handler is called."""

    def __init__(self, name, every=1, once=None, filtered=False):
        self.name, self.every, self.once, self.filtered = name, every, once, filtered

    def __call__(self, event_filter=None, every=None, once=None, before=None, after=None):
        filtered = event_filter is not None or before is not None or after is not None
        return _Event(self.name, 1 if every is None else every, once, filtered)


class Events:
    STARTED = _Event("STARTED")
    EPOCH_STARTED = _Event("EPOCH_STARTED")
    GET_BATCH_STARTED = _Event("GET_BATCH_STARTED")
    GET_BATCH_COMPLETED = _Event("GET_BATCH_COMPLETED")
    ITERATION_STARTED = _Event("ITERATION_STARTED")
    ITERATION_COMPLETED = _Event("ITERATION_COMPLETED")
    EPOCH_COMPLETED = _Event("EPOCH_COMPLETED")
    COMPLETED = _Event("COMPLETED")


class Engine:
    def __init__(self, process_function):
        self.process, self.handlers = process_function, []
        self.epoch, self.iteration = 0, 0
        self.ran, self.accumulation = False, 1

    @property
    def state(self):
        return self

    def add_event_handler(self, event_name, handler, *given, **named):
        if not is_known(event_name):
            refuse("a handler is attached to an event that is not followed")
        plain = len(given) + len(named) == 0

        def called():
            if is_known(handler):
                if not plain:
                    refuse("a handler is given arguments, which is not followed")
                if takes(handler, self):
                    handler(self)
                else:
                    handler()

        self.handlers.append((event_name.name, often(event_name), called))

    def on(self, event_name, *given, **named):
        def decorator(handler):
            self.add_event_handler(event_name, handler, *given, **named)
            return handler
        return decorator

    def register_events(self, *events, **others):
        pass

    def terminate(self, *given, **named):
        loss.backward()  # so that it is seen where a condition holds
        assume("the run goes on to its end, where terminate() may end it before")

    def terminate_epoch(self, *given, **named):
        loss.backward()
        refuse("terminate_epoch() ends an epoch before it is over, which is not followed")

    def run(self, data=None, max_epochs=None, max_iters=None, epoch_length=None, **others):
        self.ran = True
        batches = epoch_length if is_given(epoch_length) else len(data)
        epochs = max_epochs if is_given(max_epochs) else 1
        if is_given(max_iters):
            refuse("max_iters ends the run of an Engine, which is not followed")
        iteration, process, accumulation = 0, self.process, self.accumulation
        handlers = tuple(self.handlers)
        if not is_known(handlers):
            refuse("which handlers an Engine has is not followed")
        fire(handlers, "STARTED")
        for epoch in range(1, epochs + 1):
            self.epoch = epoch
            fire(handlers, "EPOCH_STARTED")
            for batch in range(batches):
                iteration += 1
                self.iteration += 1
                fire(handlers, "ITERATION_STARTED")
                loss.backward()  # it trains, whatever a process calls it
                if is_known(process):
                    if accumulation == 1:
                        process(self, batch)
                    elif iteration % accumulation == 0:
                        process(self, batch)
                        loss.backward()
                for event, every, handler in handlers:
                    if event == "ITERATION_COMPLETED":
                        if every == 1:
                            handler()
                        elif every is None:
                            perhaps(handler)
                        elif iteration % every == 0:
                            handler()
                            loss.backward()
            for event, every, handler in handlers:
                if event == "EPOCH_COMPLETED":
                    if every == 1:
                        handler()
                    elif every is None:
                        perhaps(handler)
                    elif epoch % every == 0:
                        handler()
                        loss.backward()
        fire(handlers, "COMPLETED")

    def _unrun(self):
        if len(self.handlers) > 0 and not self.ran:
            assume("nothing runs the Engine that is followed: max_epochs epochs of data are taken")
            self.run(data, max_epochs)


def often(event):
    """In each so-manieth of an event's turns a handler is called; none where nobody knows it."""
    return None if event.filtered or event.once is not None else asked(event.every, 1)


def perhaps(handler):
    if id(handler):  # which nobody knows
        handler()
        loss.backward()


def fire(handlers, name):
    for event, every, handler in handlers:
        if event == name:
            if every != 1:
                refuse("a handler of what starts is called every so-manieth time, which is not "
                       "followed")
            handler()


def create_supervised_trainer(model, optimizer, loss_fn, device=None, non_blocking=False,
                              prepare_batch=None, model_transform=None, output_transform=None,
                              deterministic=False, amp_mode=None, scaler=False,
                              gradient_accumulation_steps=1, model_fn=None):
    def process(engine, batch):
        optimizer.step()

    engine = Engine(process)
    engine.accumulation = asked(gradient_accumulation_steps, 1)
    return engine


def create_supervised_evaluator(model, metrics=None, device=None, **others):
    def process(engine, batch):
        pass
    return Engine(process)
'''
TRAINER: Final = Trainer(
    "Ignite",
    ("ignite", "ignite.engine", "ignite.engine.engine", "ignite.engine.events"),
    CODE,
    trains="run",
    functions=("create_supervised_trainer", "create_supervised_evaluator"),
)
