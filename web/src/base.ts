/** The path under which the page is served, from `<base href>`: `/`, or `/one-api/` behind a proxy. */
export const basePath = new URL(document.baseURI).pathname;

/** The address of a path of this site as the browser reaches it: `under("/api/status")`. */
export function under(path: string): string {
  return basePath + path.replace(/^\//, "");
}

/** What clients are given as the site's address: the one that root has set, else the one in the address bar. */
export function siteAddress(configured: string | undefined): string {
  const own = (location.origin + basePath).replace(/\/$/, "");
  if (!configured || /^https?:\/\/localhost(:\d+)?$/.test(configured)) return own;
  return configured.replace(/\/+$/, "");
}
