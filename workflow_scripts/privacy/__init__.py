"""Stage `privacy`: what each variant's images still tell about the people in the originals."""
