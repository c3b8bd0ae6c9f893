"""Mask R-CNN whose training does not depend on the number of workers."""
