"""Average precision of instance masks, by the protocols of COCO and of Cityscapes.

The modules: `ground_truth` and `predictions` (what is compared), `coco` (precision over recall by
COCO's protocol, on masks and boxes), `cityscapes` (AP by Cityscapes' protocol), `matches` (which
prediction met an instance, image by image) and `calibration` (how far scores are from precision).
"""
