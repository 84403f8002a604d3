import type { components, paths } from "./schema.gen";

/** What `/api` answers, by the names that the page has for it; made from the API's own description. */
type Views = components["schemas"];

export type SiteStatus = Views["StatusView"];
export type Account = Views["OwnView"];
export type Invited = Views["InvitedView"];
export type Session = Views["SessionView"];
export type User = Views["UserView"];
export type Code = Views["CodeView"];
export type ApiKey = Views["KeyView"];
/** A key of somebody else, as administrators see it. */
export type UsersKey = Views["UsersKeyView"];
export type Setting = Views["FormEntry"];
export type Probe = Views["ProbeView"];
export type Provider = Views["ProviderView"];
export type ProviderField = Views["FieldView"];

export type Channel = Views["ChannelView"];
export type ChannelForm = Views["ChannelFormView"];
export type Overview = Views["OverviewView"];
export type Rest = Views["RestView"];
export type Prices = Views["PricesView"];
export type ModelPrice = Views["PriceView"];
export type OwnPrice = Views["OwnPrice"];
export type PriceEntry = Views["PriceEntry"];

/** A row of the log; without `detail` for those whom it does not concern. */
export type LogRow = Views["OwnLogView"] & Partial<Views["LogView"]>;

/** A request from its arrival to its charge. */
export type Story = Views["Story"];

export type Job = Views["JobView"];
export type Turn = Views["TurnView"];
/** What an administrator has changed. */
export type Deed = Views["DeedView"];
export type JobItem = Views["JobItemView"];

export type Dashboard = Views["Dashboard"];
export type Recent = Views["RecentView"];

export const ROLE = { common: 1, admin: 10, root: 100 } as const;

/** A list's answer. */
export interface Page<Row> {
  data: Row[];
  total?: number;
  total_is_exact?: boolean;
  next_cursor?: string | null;
}

type Filled<Path extends string> = Path extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${Filled<After>}`
  : Path;
type Described = Filled<keyof paths & string>;

/** An address that the API has; a slash at its end means the same. */
export type ApiPath = Described | `${Described}/`;
