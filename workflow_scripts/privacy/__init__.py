"""Stage `privacy`: what each variant's images still reveal about the people in the originals."""
