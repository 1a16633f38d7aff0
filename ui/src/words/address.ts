// How jobs are addressed in links: always with their source, so that equal keys of two sources stay apart.

export interface JobRef {
  readonly key: string;
  readonly source: string;
}

/** `default:billing.sync-orders`, as REST takes it too. */
export function jobAddress({ source, key }: JobRef): string {
  return `${source}:${key}`;
}

/** Of a run or a schedule, whose job is its key. */
export function addressOfJob(of: { job: string; source: string }): string {
  return jobAddress({ source: of.source, key: of.job });
}

/** Short where there is one source alone. */
export function shownJob({ key, source }: JobRef): string {
  return source === "default" ? key : `${source}:${key}`;
}

/** `9c41f02a`: enough to tell versions apart. */
export const shortHash = (hash: string): string => hash.slice(0, 8);
