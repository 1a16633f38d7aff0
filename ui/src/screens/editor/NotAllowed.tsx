// In the place of a form that this role may not use.
import { Link } from "@tanstack/react-router";
import { Screen } from "../../parts/Layout.tsx";
import { EmptyState } from "../../parts/States.tsx";

export function NotAllowed({ title }: { title: string }) {
  return (
    <Screen title={title}>
      <EmptyState title="Your role may look at schedules, not change them.">
        <span>
          It takes the role editor; an admin can make such a token. <Link to="/schedules">All schedules</Link>
        </span>
      </EmptyState>
    </Screen>
  );
}
