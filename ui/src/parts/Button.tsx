// Buttons, and links that look like them.
import type { ButtonHTMLAttributes } from "react";
import css from "./parts.module.css";

export type ButtonKind = "usual" | "primary" | "danger" | "plain";

export const buttonClass = (kind: ButtonKind = "usual"): string =>
  kind === "usual" ? css["button"]! : `${css["button"]} ${css[kind]}`;

export function Button({
  kind,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { kind?: ButtonKind; "data-key"?: string }) {
  return <button type="button" {...rest} className={buttonClass(kind)} />;
}
