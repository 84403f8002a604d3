/** Cloudflare's widget: https://developers.cloudflare.com/turnstile/get-started/client-side-rendering/ (read 2026-11-26) */
export interface TurnstileApi {
  render(where: HTMLElement, options: Options): string | undefined;
  reset(widget: string): void;
  remove(widget: string): void;
}

interface Options {
  sitekey: string;
  language: string;
  theme: "light" | "dark";
  size: "flexible";
  callback: (proof: string) => void;
  "expired-callback": () => void;
  "error-callback": () => boolean;
}

declare global {
  interface Window {
    turnstile?: TurnstileApi;
  }
}

const SCRIPT = "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit";
let loading: Promise<TurnstileApi> | undefined;

/** Load Cloudflare's script, once; only where the site asks for the check, and its policy then allows it. */
export function loadTurnstile(): Promise<TurnstileApi> {
  loading ??= new Promise<TurnstileApi>((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => {
      loading = undefined;
      script.remove();
      reject(new Error(SCRIPT));
    };
    script.src = SCRIPT;
    script.onload = () => (window.turnstile ? resolve(window.turnstile) : fail());
    script.onerror = fail;
    document.head.append(script);
  });
  return loading;
}
