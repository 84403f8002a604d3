import { post } from "@/api/call";
import type { SiteStatus } from "@/api/types";

/** Who may say who somebody is. The column of an account that keeps it is named after it. */
const PROVIDERS = ["github", "oidc", "lark", "wechat"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

export const isProvider = (name: string): name is ProviderName =>
  (PROVIDERS as readonly string[]).includes(name);

export function openProviders(site: SiteStatus): ProviderName[] {
  const isOpen: Record<ProviderName, boolean> = {
    github: site.github_oauth && !!site.github_client_id,
    oidc: site.oidc && !!site.oidc_client_id,
    lark: !!site.lark_client_id,
    wechat: site.wechat_login,
  };
  return PROVIDERS.filter((name) => isOpen[name]);
}

const KEPT_AS = "after-sign-in";

interface Visit {
  provider: ProviderName;
  /** For the account that is signed in, instead of signing in. */
  isBinding?: boolean;
  invitation?: string | undefined;
  /** Where to go when all is done. */
  next?: string | undefined;
}

/** What was begun last; the page that the provider sends us back to reads it. */
export function visitBegun(): Pick<Visit, "isBinding" | "next"> & { state?: string } {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "{}");
  } catch {
    return {};
  }
}

interface Begun {
  state: string;
  /** The provider's page; empty where a code is typed in here. */
  url: string;
}

export function begin({ provider, isBinding = false, invitation }: Visit): Promise<Begun> {
  return post<Begun>("/api/oauth/state", { provider, bind: isBinding, aff_code: invitation ?? "" });
}

/** Leave for a provider's page. */
export async function visit(wanted: Visit): Promise<void> {
  const { url, state } = await begin(wanted);
  const { isBinding, next } = wanted;
  sessionStorage.setItem(KEPT_AS, JSON.stringify({ isBinding, next, state }));
  location.assign(url);
}
