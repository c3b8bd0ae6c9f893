"""What does anonymizing training images cost? The stages of the workflow, one package each."""
