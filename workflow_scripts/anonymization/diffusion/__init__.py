"""Inpainting of faces by a diffusion model that never sees the originals.

`crops` cuts out squares from which the faces are removed, and pastes what comes back; `inpainter`
holds the model. The approach is that of LDFA (Klemp et al., CVPR Workshops 2023).
"""
