import "./tokens.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { reloadWhenOutdated } from "./outdated";
import { fetchAhead, router } from "./router";
import { queryClient } from "./session";
import { startTexts } from "./text";

function draw(): void {
  const root = document.getElementById("root");
  if (!root) return;
  createRoot(root).render(
    <StrictMode>
      <CSPProvider disableStyleElements>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </CSPProvider>
    </StrictMode>,
  );
}

reloadWhenOutdated();
fetchAhead();
// No `await` out here: with one, the build cannot merge what pages share into few files.
startTexts().then(draw);
