#!/bin/sh
LR=2e-4
torchrun --nproc_per_node 2 train.py \
    --learning_rate $LR --lr_scheduler_type cosine_with_min_lr \
    --lr_scheduler_kwargs '{"min_lr": 0.00002}' \
    --warmup_steps 400 --max_steps 300
