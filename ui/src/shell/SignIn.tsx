// The way in: a token, or the one-time link or code that the service prints. The address stays, so one goes on there.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { PAGE_BASE } from "../api/base.ts";
import { ApiError, send } from "../api/client.ts";
import type { Problem, SignedIn } from "../api/contract.ts";
import { ME } from "../api/queries.ts";
import { Button } from "../parts/Button.tsx";
import { Field } from "../parts/Field.tsx";
import { entryOf } from "../words/sign-in.ts";
import { useTitle } from "./hooks.ts";
import { Centered } from "./Shell.tsx";

export function SignIn() {
  useTitle("Sign in");
  const client = useQueryClient();
  const [text, setText] = useState("");
  const enter = useMutation({
    mutationFn: async () => {
      const entry = entryOf(text);
      const bearer = entry.kind === "token" ? entry.token : await tokenFor(entry.code);
      await send("POST", "/session", { bearer });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ME.queryKey }),
  });
  return (
    <Centered>
      <h1>Sign in to Jobmount</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") enter.mutate();
        }}
      >
        <Field
          label="Token, or one-time link"
          hint={
            <>
              <code>jbm_…</code>, or what <code>jobmount sign-in</code> prints on the machine of the service.
              It stays in a cookie that no script can read.
            </>
          }
          wrong={enter.error ? enter.error.message : null}
        >
          {(field) => (
            <input
              {...field}
              type="password"
              autoComplete="current-password"
              autoFocus
              required
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <p>
          <br />
          <Button type="submit" kind="primary" disabled={enter.isPending}>
            {enter.isPending ? "Signing in …" : "Sign in"}
          </Button>
        </p>
      </form>
    </Centered>
  );
}

/** Uses up the code. Outside the base of REST, as the link itself. */
async function tokenFor(code: string): Promise<string> {
  const response = await fetch(`${PAGE_BASE}sign-in?code=${encodeURIComponent(code)}`, {
    method: "POST",
    headers: { Accept: "application/json" },
  });
  const answer = (await response.json()) as SignedIn | Problem;
  if ("token" in answer) return answer.token;
  throw new ApiError(response.status, answer, answer.detail);
}
