"""Faces painted anew by a diffusion model that never sees the old ones.

`crops` cuts out squares from which the faces are removed, and pastes what comes back; `inpainter`
holds the model. The way is that of LDFA (Klemp et al., CVPR Workshops 2023).
"""
