"""The torchvision engine's models, one a file."""
