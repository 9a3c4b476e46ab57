"""A framework's optimizers: their signatures, as the framework itself gives them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Optimizers:
    """The optimizers that a framework's schedulers are given.

    Args:
        module: where they are, e.g. ``"torch.optim"``.
        package: what ``tensor`` is an attribute of.
        stubs: their signatures as Python functions, without annotations.

    """

    module: str
    package: str
    stubs: str = ""

    def parameters(self, name: str) -> Mapping[str, str | None]:
        """Return the parameters of an optimizer, each with its default's source or none.

        Example:
            >>> Optimizers("m", "m", "def SGD(params, lr=0.1): ...").parameters("SGD")
            {'params': None, 'lr': '0.1'}

        """
        return _signatures(self.stubs)[name]

    def __contains__(self, name: object) -> bool:
        """Whether an optimizer of that name is one of them."""
        return name in _signatures(self.stubs)


@cache
def _signatures(stubs: str) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for stub in ast.parse(stubs).body:
        assert isinstance(stub, ast.FunctionDef)
        plain, keyword = stub.args.args, stub.args.kwonlyargs
        defaults = [None] * (len(plain) - len(stub.args.defaults)) + [*stub.args.defaults]
        pairs = zip([*plain, *keyword], [*defaults, *stub.args.kw_defaults], strict=True)
        found[stub.name] = {a.arg: None if d is None else ast.unparse(d) for a, d in pairs}
    return found


#: Those of a framework whose rates do not lie in an optimizer.
NO_OPTIMIZERS = Optimizers("", "numpy")

#: ``inspect.signature`` of each of them, without annotations.
TORCH = Optimizers(
    "torch.optim",
    "torch",
    """
def ASGD(params, lr=0.01, lambd=0.0001, alpha=0.75, t0=1000000.0, weight_decay=0, foreach=None,
         maximize=False, differentiable=False, capturable=False): ...
def Adadelta(params, lr=1.0, rho=0.9, eps=1e-06, weight_decay=0, foreach=None, *,
             capturable=False, maximize=False, differentiable=False): ...
def Adafactor(params, lr=0.01, beta2_decay=-0.8, eps=(None, 0.001), d=1.0, weight_decay=0.0, *,
              foreach=None, maximize=False): ...
def Adagrad(params, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10,
            foreach=None, *, maximize=False, differentiable=False, fused=None): ...
def Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, amsgrad=False, *,
         foreach=None, maximize=False, capturable=False, differentiable=False, fused=None,
         decoupled_weight_decay=False): ...
def AdamW(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01, amsgrad=False, *,
          maximize=False, foreach=None, capturable=False, differentiable=False, fused=None): ...
def Adamax(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, foreach=None, *,
           maximize=False, differentiable=False, capturable=False): ...
def LBFGS(params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-07, tolerance_change=1e-09,
          history_size=100, line_search_fn=None): ...
def Muon(params, lr=0.001, weight_decay=0.1, momentum=0.95, nesterov=True,
         ns_coefficients=(3.4445, -4.775, 2.0315), eps=1e-07, ns_steps=5, adjust_lr_fn=None): ...
def NAdam(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0, momentum_decay=0.004,
          decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False,
          differentiable=False): ...
def RAdam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0,
          decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False,
          differentiable=False): ...
def RMSprop(params, lr=0.01, alpha=0.99, eps=1e-08, weight_decay=0, momentum=0, centered=False,
            capturable=False, foreach=None, maximize=False, differentiable=False): ...
def Rprop(params, lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-06, 50), *, capturable=False,
          foreach=None, maximize=False, differentiable=False): ...
def SGD(params, lr=0.001, momentum=0, dampening=0, weight_decay=0, nesterov=False, *,
        maximize=False, foreach=None, differentiable=False, fused=None): ...
def SparseAdam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, maximize=False): ...
""",
)

#: The same of MindSpore's experimental ones; its ``SGD`` alone has no default rate.
MINDSPORE = Optimizers(
    "mindspore.experimental.optim",
    "mindspore",
    """
def ASGD(params, lr=0.01, lambd=0.0001, alpha=0.75, t0=1000000.0, weight_decay=0.0,
         maximize=False): ...
def Adadelta(params, lr=1.0, rho=0.9, eps=1e-06, weight_decay=0.0, *, maximize=False): ...
def Adagrad(params, lr=0.01, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0,
            eps=1e-10, *, maximize=False): ...
def Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0, amsgrad=False, *,
         maximize=False): ...
def AdamW(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.01, amsgrad=False, *,
          maximize=False): ...
def Adamax(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0, *,
           maximize=False): ...
def NAdam(params, lr=0.002, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0,
          momentum_decay=0.004): ...
def RAdam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0): ...
def RMSprop(params, lr=0.01, alpha=0.99, eps=1e-08, weight_decay=0.0, momentum=0.0,
            centered=False, maximize=False): ...
def Rprop(params, lr=0.01, etas=(0.5, 1.2), step_sizes=(1e-06, 50), *, maximize=False): ...
def SGD(params, lr, momentum=0, dampening=0, weight_decay=0.0, nesterov=False, *,
        maximize=False): ...
""",
)
