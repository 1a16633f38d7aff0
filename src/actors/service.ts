// What every loop of the service is: something that starts, and stops within a deadline.

export interface Service {
  start(): Promise<void>;
  /** May be called more than once and at any time; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}
