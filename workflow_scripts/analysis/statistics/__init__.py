"""Is a variant's accuracy the same as the reference's, different, or not decidable yet?"""
