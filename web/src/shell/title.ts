import { useRouterState } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { PLACES } from "./navigation";

/** The name of the place that is open. */
export function useTitle(): string {
  const { t } = useTranslation();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const place = PLACES.find((one) => path === one.to || path.startsWith(`${one.to}/`));
  return place ? t(`place.${place.name}`) : "";
}
