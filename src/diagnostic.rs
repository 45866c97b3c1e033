//! Data about the user's text: positions and findings.
