const KEPT_AS = "reloaded-at";
const ONCE_IN_MS = 60_000;

/** After an upgrade the chunks of the page that is open are gone: load it again, but only once in a while. */
export function reloadWhenOutdated(): void {
  addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(KEPT_AS) ?? 0);
    if (Date.now() - last < ONCE_IN_MS) return;
    event.preventDefault();
    sessionStorage.setItem(KEPT_AS, String(Date.now()));
    location.reload();
  });
}
