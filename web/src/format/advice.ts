import i18next from "i18next";

/** What to do about an error of the gateway's, by its code; nothing where its message says it all. */
export function advice(code: string | null | undefined): string {
  return code && i18next.exists(`advice.${code}`) ? i18next.t(`advice.${code as "disk_full"}`) : "";
}

const STATUSES = [400, 401, 402, 403, 404, 429] as const;

/** What to look at when a vendor answered a test with that status; 0: it did not answer. */
export function adviceOfVendor(status: number): string {
  if (status === 0) return i18next.t("vendorAdvice.none");
  if (status >= 500) return i18next.t("vendorAdvice.failing");
  const known = STATUSES.find((one) => one === status);
  return known ? i18next.t(`vendorAdvice.${known}`) : "";
}
