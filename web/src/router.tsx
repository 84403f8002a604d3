import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type SearchSchemaInput,
} from "@tanstack/react-router";
import { whenSignedOut } from "./api/call";
import { type Account, ROLE } from "./api/types";
import { basePath } from "./base";
import { hasUnsaved, setEnded } from "./ended";
import { homeQuery, queryClient, rememberSession, statusQuery, visitorQuery } from "./session";
import { Broken, NotFound, Root } from "./shell/Root";

/** What stands behind `?`: plain strings, so that a link can be read and written by hand. */
export type Search = Record<string, string | undefined>;
const search = (given: Search & SearchSchemaInput): Search => given;

const root = createRootRoute({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: Broken,
  validateSearch: search,
  beforeLoad: async () => {
    await queryClient.ensureQueryData(statusQuery);
  },
});

async function signedIn(next: string, role: number = ROLE.common): Promise<Account> {
  const visitor = await queryClient.ensureQueryData(visitorQuery);
  if (!visitor || visitor.must_change_password) throw redirect({ to: "/login", search: { next } });
  if (visitor.role < role) throw redirect({ to: "/dashboard" });
  return visitor;
}

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: lazyRouteComponent(() => import("./shell/Shell"), "Shell"),
  errorComponent: Broken,
  beforeLoad: async ({ location }) => {
    await signedIn(location.href);
  },
});

const opening = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/site/Public"), "Public"),
  beforeLoad: async () => {
    const home = await queryClient.ensureQueryData(homeQuery);
    if (!home) throw redirect({ to: "/dashboard" });
  },
});

const about = createRoute({
  getParentRoute: () => root,
  path: "/about",
  component: lazyRouteComponent(() => import("./pages/site/Public"), "Public"),
});

const prices = createRoute({
  getParentRoute: () => root,
  path: "/prices",
  component: lazyRouteComponent(() => import("./pages/site/PublicPrices"), "PublicPrices"),
  errorComponent: Broken,
  beforeLoad: async () => {
    const visitor = await queryClient.ensureQueryData(visitorQuery);
    const site = await queryClient.ensureQueryData(statusQuery);
    if (visitor) throw redirect({ to: "/models" });
    if (!site.public_prices) throw redirect({ to: "/login", search: { next: "/models" } });
  },
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  component: lazyRouteComponent(() => import("./pages/login/Login"), "Login"),
});

const register = createRoute({
  getParentRoute: () => root,
  path: "/register",
  component: lazyRouteComponent(() => import("./pages/login/Register"), "Register"),
});

const forgotten = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  component: lazyRouteComponent(() => import("./pages/login/Reset"), "Forgotten"),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: "/user/reset",
  component: lazyRouteComponent(() => import("./pages/login/Reset"), "Reset"),
});

const returned = createRoute({
  getParentRoute: () => root,
  path: "/oauth/$provider",
  component: lazyRouteComponent(() => import("./pages/login/Returned"), "Returned"),
});

function page(path: string, load: () => Promise<{ Page: () => React.ReactNode }>, role?: number) {
  return createRoute({
    getParentRoute: () => shell,
    path,
    component: lazyRouteComponent(load, "Page"),
    errorComponent: Broken,
    beforeLoad: async ({ location }) => {
      if (role) await signedIn(location.href, role);
    },
  });
}

const pages = [
  page("/dashboard", () => import("./pages/dashboard/Dashboard")),
  page("/channel", () => import("./pages/channels/Channels"), ROLE.admin),
  page("/log", () => import("./pages/logs/Logs")),
  page("/audit", () => import("./pages/audit/Audit"), ROLE.admin),
  page("/job", () => import("./pages/jobs/Jobs"), ROLE.admin),
  page("/redemption", () => import("./pages/codes/Codes"), ROLE.admin),
  page("/topup", () => import("./pages/wallet/Wallet")),
  page("/user", () => import("./pages/users/Users"), ROLE.admin),
  page("/setting", () => import("./pages/settings/Settings")),
  page("/playground", () => import("./pages/playground/Playground")),
  page("/chat", () => import("./pages/site/Chat")),
  page("/status", () => import("./pages/status/Status"), ROLE.admin),
  page("/models", () => import("./pages/models/Models")),
  page("/token", () => import("./pages/keys/Keys")),
];

/** One API's other addresses, and the ones of its theme *berry*. */
function moved(path: string, to: string, more: Search = {}) {
  return createRoute({
    getParentRoute: () => root,
    path,
    beforeLoad: ({ search }) => {
      throw redirect({ to, search: { ...search, ...more }, replace: true });
    },
  });
}

const oldAddresses = [
  moved("/panel", "/dashboard"),
  moved("/panel/profile", "/setting"),
  moved("/channel/add", "/channel", { open: "new" }),
  moved("/token/add", "/token", { open: "new" }),
  moved("/redemption/add", "/redemption", { open: "new" }),
  moved("/user/add", "/user", { open: "new" }),
  moved("/user/edit", "/setting"),
  createRoute({
    getParentRoute: () => root,
    path: "/panel/$page",
    beforeLoad: ({ params, search }) => {
      throw redirect({ to: `/${params.page}`, search, replace: true });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/$page/edit/$id",
    beforeLoad: ({ params }) => {
      throw redirect({ to: `/${params.page}`, search: { open: params.id }, replace: true });
    },
  }),
];

const development = import.meta.env.DEV
  ? [
      createRoute({
        getParentRoute: () => root,
        path: "/ui",
        component: lazyRouteComponent(() => import("./pages/ui/Showcase"), "Showcase"),
      }),
    ]
  : [];

export const router = createRouter({
  routeTree: root.addChildren([
    opening,
    about,
    prices,
    login,
    register,
    forgotten,
    reset,
    returned,
    shell.addChildren(pages),
    ...oldAddresses,
    ...development,
  ]),
  basepath: basePath,
  defaultPreload: "intent",
  scrollRestoration: true,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (given) => {
    const entries = Object.entries(given).filter(([, value]) => value !== undefined && value !== "");
    const text = new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString();
    return text ? `?${text.replaceAll("%2C", ",")}` : "";
  },
});

/** Ask for all that the page at this address is made of at once, not for one thing after the other. */
export function fetchAhead(): void {
  const [routes] = router.getMatchedRoutes(router.latestLocation.pathname);
  for (const route of routes) router.loadRouteChunk(route)?.catch(() => {}); // it is asked for again when it is drawn
  queryClient.prefetchQuery(statusQuery);
  queryClient.prefetchQuery(visitorQuery);
}

whenSignedOut(() => {
  if (queryClient.getQueryData(visitorQuery.queryKey) === null) return;
  if (hasUnsaved()) {
    setEnded(true);
    return;
  }
  rememberSession(false);
  const next = router.state.location.href;
  if (router.state.location.pathname === "/login") return;
  // the page that is left is somebody's until it is
  router
    .navigate({ to: "/login", search: { next, expired: "true" } })
    .then(() => queryClient.setQueryData(visitorQuery.queryKey, null));
});
