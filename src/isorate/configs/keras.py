"""Keras' ``fit``, as of 3.15.1: its epochs, their batches, and the callbacks that set the rate."""

from __future__ import annotations

from typing import Final

from isorate.kit.registry import Trainer

CODE: Final = """
import math
from keras.callbacks import LearningRateScheduler, ReduceLROnPlateau


class Callback:
    pass


class Model(Layer):
    def __init__(self, *given, **named):
        pass

    def compile(self, optimizer="rmsprop", *given, **named):
        self.optimizer = optimizer

    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None,
            validation_split=0.0, validation_data=None, shuffle=True, class_weight=None,
            sample_weight=None, initial_epoch=0, steps_per_epoch=None, **others):
        callbacks = callbacks if is_known(callbacks) else None
        if is_schedule(callbacks) or not isinstance(callbacks, (list, tuple)):
            callbacks = (callbacks,)
        scheduled = tuple([each for each in callbacks if is_schedule(each)])
        if any([isinstance(each, Callback) for each in callbacks if is_known(each)]):
            assume("callbacks of the text's own are taken to write no rate")
        if is_given(steps_per_epoch):
            updates = steps_per_epoch
        elif is_given(y) or is_given(batch_size):
            samples = len(x)
            if is_known(validation_split) and validation_split:
                samples = math.floor(samples * (1.0 - validation_split))
            updates = math.ceil(samples / (batch_size if is_given(batch_size) else 32))
        else:
            updates = len(x)
        if len(scheduled) > 0 and asked(initial_epoch, 0) > 0:
            refuse("callbacks go on from initial_epoch, which is not followed")
        for epoch in range(initial_epoch, epochs):
            for batch in range(updates):
                optimizer.step()
            for callback in scheduled:
                if isinstance(callback, ReduceLROnPlateau):
                    callback.step(monitored)
                else:
                    callback.step()

    def fit_generator(self, generator, steps_per_epoch=None, epochs=1, verbose=1, callbacks=None,
                      validation_data=None, *given, initial_epoch=0, **others):
        self.fit(generator, epochs=epochs, callbacks=callbacks, initial_epoch=initial_epoch,
                 steps_per_epoch=steps_per_epoch)


class Sequential(Model):
    pass


def is_schedule(value):
    return is_known(value) and (
        isinstance(value, LearningRateScheduler) or isinstance(value, ReduceLROnPlateau)
    )
"""
TRAINER: Final = Trainer(
    "Keras",
    ("keras", "keras.models", "keras.callbacks"),
    CODE,
    trains="fit",
)
