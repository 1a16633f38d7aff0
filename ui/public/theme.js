// Before the first paint, so that a dark page does not flash white; a file of its own, since no inline code may run.
try {
  const theme = localStorage.getItem("jobmount.theme");
  if (theme === '"light"' || theme === '"dark"') document.documentElement.dataset.theme = JSON.parse(theme);
} catch {
  // Storage may be forbidden: the system's theme is taken.
}
