//! Codes in front of the glass, and what becomes of them.
