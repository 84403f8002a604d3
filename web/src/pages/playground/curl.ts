import { type Asked, requestOf } from "./wire";

/** The same request for a shell, with the key in full: it is copied and never drawn. */
export function curlOf(asked: Asked, address: string): string {
  const body = JSON.stringify(requestOf(asked)).replaceAll("'", "'\\''");
  return [
    `curl -N ${address}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${asked.key}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '${body}'`,
  ].join("\n");
}
