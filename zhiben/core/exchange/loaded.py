"""Imported by what only loads the program, to be forked from: see `hands`."""

import gc

import django

django.setup()
gc.collect()
gc.freeze()  # looked through by no fork, so that its memory stays shared
