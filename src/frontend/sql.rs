//! Stage `sql`: SQL files → statements. sqlparser's types never leave this module.
