// What is shown in place of a screen: there is none at this address, or it failed while it was drawn.
import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { ApiError } from "../api/client.ts";
import { Button } from "../parts/Button.tsx";
import { Screen } from "../parts/Layout.tsx";
import { EmptyState, ErrorState } from "../parts/States.tsx";

export function NotFound() {
  return (
    <Screen title="Not found">
      <EmptyState title="There is no page at this address.">
        <span>
          It may be mistyped, or what it showed is gone. Go on from the <Link to="/">overview</Link>, the{" "}
          <Link to="/jobs">jobs</Link> or the <Link to="/runs">runs</Link>.
        </span>
      </EmptyState>
    </Screen>
  );
}

export function Failed({ error, reset }: ErrorComponentProps) {
  // Loading the page anew while nobody answers would end at the browser's own error page.
  if (error instanceof ApiError && error.status === 0) {
    return (
      <Screen title="This page failed">
        <ErrorState error={error} again={reset} />
      </Screen>
    );
  }
  return (
    <Screen title="This page failed">
      <ErrorState error={error} again={reset} />
      <p>
        The rest of the page works on. If the service was upgraded meanwhile:{" "}
        <Button onClick={() => location.reload()}>Load the page anew</Button>
      </p>
    </Screen>
  );
}
