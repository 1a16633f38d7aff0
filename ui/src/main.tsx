// The page begins here.
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { readAhead } from "./api/ahead.ts";
import { makeQueryClient } from "./api/queries.ts";
import { router, SCREENS } from "./router.tsx";
import { preloadIdly, whenShown } from "./shell/screens.tsx";
import "./styles/tokens.css";
import "./styles/base.css";

/** So long nothing is shown: what says that it loads, and is gone again after less, is only work and flicker. */
const BLANK_MS = 250;

const client = makeQueryClient();
// Whoever opens a screen while the service is away finds what it said last, not a browser's error.
whenShown(client, () => void preloadIdly(SCREENS));

const ready = Promise.allSettled([readAhead(client), router.load()]);
const late = new Promise((resolve) => setTimeout(resolve, BLANK_MS));
void Promise.race([ready, late]).then(draw);

function draw(): void {
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
