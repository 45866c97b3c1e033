//! Stage `cost`: what building and reading a frame costs.
