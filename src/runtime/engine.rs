//! Stage `engine`: open / submit / poll / cancel / close. An engine knows sessions and statements, never frames.
