import {
  Activity,
  ChartColumn,
  Cog,
  FileClock,
  Hexagon,
  KeyRound,
  ListChecks,
  ListTree,
  type LucideIcon,
  MessageSquare,
  MessagesSquare,
  Network,
  Ticket,
  User,
  Wallet,
} from "lucide-react";
import { ROLE } from "@/api/types";
import { useAccount, useSite } from "@/session";

/** The places of the page; `role` is the lowest that sees one, `isOnPhone` those of the bottom bar. */
export interface Place {
  to: string;
  name: PlaceName;
  icon: LucideIcon;
  role: number;
  isOnPhone?: boolean;
}

export type PlaceName =
  | "dashboard"
  | "playground"
  | "chat"
  | "keys"
  | "logs"
  | "models"
  | "wallet"
  | "channels"
  | "users"
  | "codes"
  | "jobs"
  | "settings"
  | "status"
  | "audit";

export const PLACES: Place[] = [
  { to: "/dashboard", name: "dashboard", icon: ChartColumn, role: ROLE.common, isOnPhone: true },
  { to: "/playground", name: "playground", icon: MessageSquare, role: ROLE.common },
  { to: "/chat", name: "chat", icon: MessagesSquare, role: ROLE.common },
  { to: "/token", name: "keys", icon: KeyRound, role: ROLE.common, isOnPhone: true },
  { to: "/log", name: "logs", icon: ListTree, role: ROLE.common, isOnPhone: true },
  { to: "/models", name: "models", icon: Hexagon, role: ROLE.common },
  { to: "/topup", name: "wallet", icon: Wallet, role: ROLE.common },
  { to: "/channel", name: "channels", icon: Network, role: ROLE.admin },
  { to: "/user", name: "users", icon: User, role: ROLE.admin },
  { to: "/redemption", name: "codes", icon: Ticket, role: ROLE.admin },
  { to: "/job", name: "jobs", icon: ListChecks, role: ROLE.admin },
  { to: "/setting", name: "settings", icon: Cog, role: ROLE.common },
  { to: "/status", name: "status", icon: Activity, role: ROLE.admin },
  { to: "/audit", name: "audit", icon: FileClock, role: ROLE.admin },
];

/** The places that the reader may go to; the chat only where the site has one. */
export function usePlaces(): Place[] {
  const { role } = useAccount();
  const { chat_link } = useSite();
  return PLACES.filter((place) => place.role <= role && (place.name !== "chat" || !!chat_link));
}
