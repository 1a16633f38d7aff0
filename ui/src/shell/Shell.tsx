// What is around every screen: navigation, the state of live updates, zone and theme; the sign-in when nobody is.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Live } from "../api/live.ts";
import { BROWSER } from "../api/browser-stream.ts";
import { forget, ME } from "../api/queries.ts";
import { whenSignedOut } from "../api/client.ts";
import { ErrorState, Loading } from "../parts/States.tsx";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { may } from "../words/roles.ts";
import type { Principal } from "../api/contract.ts";
import { useArrival } from "./arrival.ts";
import { Bar } from "./Bar.tsx";
import { follow } from "./follow.ts";
import { placeHere } from "./fragment.ts";
import { LiveContext } from "./hooks.ts";
import { Keys } from "./Keys.tsx";
import { NAVIGATION } from "./navigation.ts";
import { SignIn } from "./SignIn.tsx";
import { Signed } from "./Signed.tsx";
import css from "./shell.module.css";

export function Shell() {
  const client = useQueryClient();
  const me = useQuery(ME);
  useEffect(() => whenSignedOut(() => forget(client)), [client]);
  if (me.isPending) return <Centered>{<Loading what="Asking who you are" rows={2} />}</Centered>;
  if (me.data === null) return <SignIn />;
  if (me.data === undefined)
    return <Centered>{<ErrorState error={me.error} again={() => void me.refetch()} />}</Centered>;
  return <SignedIn me={me.data} />;
}

function SignedIn({ me }: { me: Principal }) {
  const client = useQueryClient();
  const router = useRouter();
  useArrival(router);
  const [live] = useState(() => new Live(client, BROWSER));
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, [live]);
  return (
    <LiveContext value={live}>
      <SkipLink />
      <div className={css["shell"]} onClick={(event) => follow(event, router.history)}>
        <Side me={me} />
        <main className={css["main"]} id="main" tabIndex={-1}>
          <Bar />
          <Outlet />
        </main>
      </div>
      <Keys />
    </LiveContext>
  );
}

/** The focus is moved by script, and the address stays: a screen's own fragment is not to be lost. */
function SkipLink() {
  return (
    <a
      className={css["skip"]}
      href={placeHere("main")}
      onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}
    >
      Skip to the content
    </a>
  );
}

function Side({ me }: { me: Principal }) {
  const [open, setOpen] = useState(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const before = useRef(path);
  const menu = useRef<HTMLSpanElement>(null);
  if (before.current !== path) {
    before.current = path;
    if (open) setOpen(false);
  }
  return (
    <header
      className={css["side"]}
      data-open={open}
      onKeyDown={(event) => {
        if (!open || event.key !== "Escape") return;
        setOpen(false);
        menu.current?.querySelector("button")?.focus();
      }}
    >
      <Link to="/" className={css["brand"]}>
        <img src="./favicon.svg" alt="" width={22} height={22} />
        Jobmount
      </Link>
      <span ref={menu} className={css["menu"]}>
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="menu" /> Menu
        </Button>
      </span>
      <nav className={css["nav"]} aria-label="Main">
        {NAVIGATION.filter(({ least, whole }) => may(me, least, whole)).map(({ to, name }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === "/" }}>
            {name}
          </Link>
        ))}
      </nav>
      <div className={css["foot"]}>
        <Signed me={me} />
      </div>
    </header>
  );
}

export function Centered({ children }: { children: ReactNode }) {
  return (
    <main className={css["center"]}>
      <div className={css["card"]}>{children}</div>
    </main>
  );
}
