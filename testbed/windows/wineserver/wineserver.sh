#!/bin/sh
# Stands for Wine's server, which it starts with the library beside it: see late-free.c.
LD_PRELOAD=$0.so exec "$0.original" "$@"
