"""Arrays in, arrays out: images, boxes, masks, tiling, differences of images, ONNX networks."""
