// In place of a screen that one's role may not see: which one it takes, and whom to ask.
import type { Role } from "../api/contract.ts";
import { useMe } from "../api/queries.ts";
import { Screen } from "./Layout.tsx";
import { EmptyState } from "./States.tsx";

export function NoPermission({ title, needs }: { title: string; needs: Role }) {
  const me = useMe();
  return (
    <Screen title={title}>
      <EmptyState title={`This needs the role ${needs}; you have ${me.role}.`}>
        <span>
          An admin can make a token with that role, here or with <code>jobmount token create</code>.
        </span>
      </EmptyState>
    </Screen>
  );
}
