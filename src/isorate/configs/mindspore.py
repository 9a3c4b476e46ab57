"""MindSpore's ``Model.train``, as of 2.10.0: an update a batch."""

from __future__ import annotations

from typing import Final

from isorate.kit.registry import Trainer

CODE: Final = """
class Model:
    def __init__(self, network, loss_fn=None, optimizer=None, *given, **named):
        self.optimizer = optimizer

    def train(self, epoch, train_dataset, callbacks=None, dataset_sink_mode=False, sink_size=-1,
              initial_epoch=0):
        sinks = asked(dataset_sink_mode, False) and asked(sink_size, -1) > 0
        updates = sink_size if sinks else train_dataset.get_dataset_size()
        for turn in range(initial_epoch, epoch):
            for batch in range(updates):
                optimizer.step()

    def fit(self, epoch, train_dataset, valid_dataset=None, valid_frequency=1, callbacks=None,
            dataset_sink_mode=False, valid_dataset_sink_mode=False, sink_size=-1,
            initial_epoch=0):
        self.train(epoch, train_dataset, callbacks, dataset_sink_mode, sink_size, initial_epoch)
"""
TRAINER: Final = Trainer(
    "MindSpore", ("mindspore", "mindspore.train", "mindspore.train.model"), CODE, trains="train"
)
