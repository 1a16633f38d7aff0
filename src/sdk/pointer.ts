// JSON pointers (RFC 6901): how every error names the place that is wrong.

/** `base` and one more step, escaped. */
export function pointerTo(base: string, step: string | number): string {
  return `${base}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
