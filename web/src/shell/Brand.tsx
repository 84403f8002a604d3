import { under } from "@/base";
import { useSite } from "@/session";

/** The site's picture. */
export function Brand({ className = "size-4.5" }: { className?: string }) {
  const site = useSite();
  return (
    <img
      src={site.logo || under("logo.svg")}
      alt=""
      className={`${className} shrink-0 rounded-sm object-contain`}
    />
  );
}
