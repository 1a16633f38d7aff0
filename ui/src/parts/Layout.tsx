// How a screen is laid out: its head with what can be done, and sections below.
import { Link } from "@tanstack/react-router";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { useFields, useTitle } from "../shell/hooks.ts";
import css from "./layout.module.css";
import parts from "./parts.module.css";

interface ScreenProps {
  title: string;
  /** Beside the title: badges. */
  badges?: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Screen({ title, badges, about, actions, children }: ScreenProps) {
  useTitle(title);
  return (
    <div className={css["screen"]}>
      <header className={css["head"]}>
        <div>
          <div className={css["title"]}>
            <h1 tabIndex={-1}>{title}</h1>
            {badges}
          </div>
          {about && <p className={css["about"]}>{about}</p>}
        </div>
        {actions && <div className={css["actions"]}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Section({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={css["section"]} aria-label={title}>
      <div className={css["sectionHead"]}>
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

export function Panel({ children }: { children: ReactNode }) {
  return <div className={css["panel"]}>{children}</div>;
}

export function Columns({ children }: { children: ReactNode }) {
  return <div className={css["columns"]}>{children}</div>;
}

/** Names and values; pairs without a value are left out. */
export function Facts({ of }: { of: readonly (readonly [string, ReactNode] | null | false)[] }) {
  return (
    <dl className={css["facts"]}>
      {of.map((pair) =>
        pair ? (
          <div key={pair[0]} style={{ display: "contents" }}>
            <dt>{pair[0]}</dt>
            <dd>{pair[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

/** Parts of a screen by the field `tab` of its address; the first one is there without it. */
export function Tabs({
  tabs,
  label,
}: {
  tabs: readonly (readonly [id: string, name: string])[];
  label: string;
}) {
  const [fields] = useFields();
  const first = tabs[0]?.[0];
  const box = useRef<HTMLElement>(null);
  const shown = fields["tab"] ?? first;
  // On a phone not all have room: the one that is shown is in sight.
  useLayoutEffect(() => {
    const link = box.current?.querySelector<HTMLElement>('[aria-current="page"]');
    if (link) box.current!.scrollLeft = link.offsetLeft - (box.current!.clientWidth - link.offsetWidth) / 2;
  }, [shown]);
  return (
    <nav ref={box} className={parts["tabs"]} aria-label={label}>
      {tabs.map(([id, name]) => (
        <Link
          key={id}
          to="."
          search={(id === first ? {} : { tab: id }) as never}
          aria-current={shown === id ? "page" : undefined}
          resetScroll={false}
          activeOptions={{ exact: true, includeSearch: true }}
          activeProps={{}}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

export function Notice({
  tone,
  children,
}: {
  tone: "bad" | "warn" | "calm" | "good" | "busy";
  children: ReactNode;
}) {
  return <div className={`${parts["notice"]} ${parts[tone]}`}>{children}</div>;
}

export function Muted({ children }: { children: ReactNode }) {
  return <span className={parts["muted"]}>{children}</span>;
}
