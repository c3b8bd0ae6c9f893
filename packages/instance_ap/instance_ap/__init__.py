"""Average precision of instance masks and boxes, by the protocols of COCO and of Cityscapes.

Modules: `ground_truth` and `predictions` (the data), `coco` (precision over recall by COCO's
protocol, on masks and boxes), `cityscapes` (AP by Cityscapes' protocol), `matches` (predictions
matched with instances, image by image) and `calibration` (deviation of scores from precision).
"""
