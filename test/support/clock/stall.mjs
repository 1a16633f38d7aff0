// Loaded into a service with --import: at SIGUSR2 its event loop stands still for 5 s.
const STALL_MS = 5_000;

process.on("SIGUSR2", () => {
  const until = performance.now() + STALL_MS;
  while (performance.now() < until);
});
