// Who is signed in, whether that travels in the open, and the way out.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { send } from "../api/client.ts";
import type { Principal } from "../api/contract.ts";
import { forget } from "../api/queries.ts";
import { Button } from "../parts/Button.tsx";
import { ThemeSwitch } from "./Bar.tsx";
import css from "./shell.module.css";

export function Signed({ me }: { me: Principal }) {
  const client = useQueryClient();
  const out = useMutation({
    mutationFn: () => send("DELETE", "/session"),
    // Only then: who is told to be signed out walks away from the machine.
    onSuccess: () => forget(client),
  });
  return (
    <>
      <ThemeSwitch />
      <span>
        {me.name}, {me.role}
        {me.sources !== null && ` of ${me.sources.join(", ")}`}
      </span>
      {location.protocol === "http:" && !/^(localhost|127\.|\[::1\])/.test(location.hostname) && (
        <span>Not encrypted: this page comes over plain http, which others on the way can read.</span>
      )}
      <Button onClick={() => out.mutate()} disabled={out.isPending}>
        Sign out
      </Button>
      {out.error && (
        <span role="alert" className={css["wrong"]}>
          You are still signed in. {out.error.message}
        </span>
      )}
      <a href="docs">REST reference</a>
    </>
  );
}
