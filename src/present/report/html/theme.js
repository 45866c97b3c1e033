"use strict";
// The chosen theme, before anything is drawn. A page opened from a file may have no storage.
try {
  const theme = localStorage.getItem("hoist-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {}
