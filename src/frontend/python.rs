//! Stage `python`: Python files → statements.
