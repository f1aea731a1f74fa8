//! A crash in one file: all that repeats it, and what is known of it.
