import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";

/** Go to a path of this site with its query, such as the one that somebody was kept from; any other address is ours, too. */
export function useFollow(): (path?: string) => Promise<void> {
  const navigate = useNavigate();
  return useCallback(
    async (path) => {
      const ours = path?.startsWith("/") && !path.startsWith("//") ? path : "/dashboard";
      const [to, query] = ours.split("?");
      const search = Object.fromEntries(new URLSearchParams(query)) as never;
      await navigate({ to, search, replace: true });
    },
    [navigate],
  );
}
