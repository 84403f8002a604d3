import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

function subscribe(told: () => void): () => void {
  addEventListener("online", told);
  addEventListener("offline", told);
  return () => {
    removeEventListener("online", told);
    removeEventListener("offline", told);
  };
}

/** A line across the page while there is no network; what was loaded stays in sight. */
export function Offline() {
  const { t } = useTranslation();
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  if (isOnline) return null;
  return (
    <p role="status" className="fixed inset-x-0 top-0 z-70 bg-warn-bg px-4 py-1 text-center text-warn">
      {t("shell.offline")}
    </p>
  );
}
