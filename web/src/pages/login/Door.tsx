import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useSite } from "@/session";
import { Brand } from "@/shell/Brand";
import { Footer } from "@/shell/Footer";
import { LanguageButton, ThemeMenu } from "@/shell/TopBar";

/** What stands around every form that is filled in before somebody is signed in. */
export function Door({ title, children }: { title?: string; children: ReactNode }) {
  const site = useSite();
  return (
    <div className="flex min-h-dvh flex-col">
      <div className="flex justify-end gap-1 p-2">
        <LanguageButton />
        <ThemeMenu />
      </div>
      <main className="mx-auto w-full max-w-80 flex-1 px-4 pt-[10vh] pb-10">
        <div className="mb-6 flex items-center gap-2.5">
          <Brand className="size-7" />
          <h1 className="font-semibold text-[17px]">{site.system_name || "One API"}</h1>
        </div>
        {title && <h2 className="mb-3.5 font-semibold">{title}</h2>}
        {children}
      </main>
      <Footer />
    </div>
  );
}

const LINK = "text-accent hover:underline";

interface DoorLinkProps {
  to: "/login" | "/register" | "/reset" | "/prices";
  children: ReactNode;
}

/** Where else somebody at the door may want to go. */
export function DoorLink({ to, children }: DoorLinkProps) {
  return (
    <Link to={to} search={{}} className={LINK}>
      {children}
    </Link>
  );
}
