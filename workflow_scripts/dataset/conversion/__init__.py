"""Labels of public data sets as COCO files: one module per layout, and the writer."""
