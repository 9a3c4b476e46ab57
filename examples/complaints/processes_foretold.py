"""The same ten rates, foretold without Accelerate, torch or a second process."""

from isorate import Run, read, simulate

for processes in (1, 2):
    scheduler = read("CosineAnnealingLR(T_max=10)", lr=0.1)
    rates = simulate(scheduler, Run(10, accelerate=processes)).values
    print(f"processes={processes}:", *(f"{rate:.3f}" for rate in rates))
