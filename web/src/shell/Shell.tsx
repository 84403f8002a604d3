import { Outlet } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { BottomBar } from "./BottomBar";
import { CommandMenu } from "./CommandMenu";
import { useCommandKey } from "./commands";
import { Footer } from "./Footer";
import { Notice } from "./Notice";
import { Rail } from "./Rail";
import { SignInAgain } from "./SignInAgain";
import { TopBar } from "./TopBar";

/** Everything of somebody who is signed in: rail, top bar, and the page between them. */
export function Shell() {
  const [isSearching, setSearching] = useState(false);
  useCommandKey(() => setSearching(true));
  return (
    <div className="flex h-dvh">
      <Rail />
      <div className="relative flex min-w-0 flex-1 flex-col">
        <TopBar onSearch={() => setSearching(true)} />
        <Notice />
        <main className="relative min-h-0 flex-1 overflow-hidden" id="page">
          <Suspense>
            <Outlet />
          </Suspense>
        </main>
        <Footer className="max-h-16 border-line border-t max-md:hidden" />
        <BottomBar />
      </div>
      <SignInAgain />
      <CommandMenu isOpen={isSearching} onClose={() => setSearching(false)} />
    </div>
  );
}
