"""Labels of public data sets as COCO files: a module for each layout, and the writer."""
