/** What `/api` answers, as far as the page reads it. Names are the wire's. */

export interface SiteStatus {
  version: string;
  start_time: number;
  email_verification: boolean;
  github_oauth: boolean;
  github_client_id: string;
  lark_client_id: string;
  system_name: string;
  logo: string;
  footer_html: string;
  wechat_qrcode: string;
  wechat_login: boolean;
  server_address: string;
  turnstile_check: boolean;
  turnstile_site_key: string;
  top_up_link: string;
  chat_link: string;
  quota_per_unit: number;
  display_in_currency: boolean;
  oidc: boolean;
  oidc_client_id: string;
  oidc_authorization_endpoint: string;
}

export interface Account {
  id: number;
  username: string;
  display_name: string;
  role: number;
  status: number;
  email: string;
  github_id: string;
  wechat_id: string;
  lark_id: string;
  oidc_id: string;
  quota: number;
  used_quota: number;
  request_count: number;
  group: string;
  aff_code: string;
  inviter_id: number;
  /** Signed in with the published default password: nothing else is allowed until there is another one. */
  must_change_password?: boolean;
}

export const ROLE = { common: 1, admin: 10, root: 100 } as const;

export interface ApiKey {
  id: number;
  user_id: number;
  key: string;
  status: number;
  name: string;
  created_time: number;
  accessed_time: number;
  expired_time: number;
  remain_quota: number;
  unlimited_quota: boolean;
  used_quota: number;
  models: string | null;
  subnet: string | null;
}

export interface Channel {
  id: number;
  type: number;
  key: string;
  status: number;
  name: string;
  weight: number;
  created_time: number;
  test_time: number;
  response_time: number;
  base_url: string;
  other: string;
  balance: number;
  balance_updated_time: number;
  models: string;
  group: string;
  used_quota: number;
  model_mapping: string;
  priority: number;
  config: string;
  system_prompt: string;
  /** Seconds since 1970 until which a channel rests, and why; absent when it does not. */
  cooling_until?: number;
  cooling_reason?: string;
  disabled_reason?: string;
}

export interface LogRow {
  id: number;
  user_id: number;
  created_at: number;
  type: number;
  content: string;
  username: string;
  token_name: string;
  model_name: string;
  quota: number;
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens?: number;
  first_token_ms?: number;
  channel: number;
  channel_name?: string;
  request_id: string;
  elapsed_time: number;
  is_stream: boolean;
  system_prompt_reset: boolean;
  detail?: string | null;
}

/** A list's answer; `total` comes when a page size was asked for. */
export interface Page<Row> {
  data: Row[];
  total?: number;
  total_is_exact?: boolean;
  next_cursor?: string | null;
}
