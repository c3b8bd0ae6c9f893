"""What an image shows of a face or a license plate."""
