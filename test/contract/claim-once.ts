// One claim through the store, as a worker makes it: asked in a commit, answered when it is committed.
import type { ClaimAnswer, ClaimRequest, RunStore } from "../../src/runs/store.ts";

interface Asking {
  request: ClaimRequest | undefined;
  resolve(answer: ClaimAnswer): void;
  failed(): void;
}

const asking = new WeakMap<RunStore, Asking>();

/** A deadlock between two that claim is a normal answer: the worker asks again, and so do we. */
const TRIES = 20;

/** Claims at one store come one after the other, as those of one process do. */
export function claimOnce(store: RunStore, request: ClaimRequest): Promise<ClaimAnswer> {
  const own = asking.get(store) ?? ask(store);
  let tries = 0;
  return new Promise((resolve, reject) => {
    own.resolve = resolve;
    own.failed = () => {
      if (++tries > TRIES) return reject(new Error(`the claim failed ${tries} times`));
      own.request = request;
      store.claimSoon();
    };
    own.request = request;
    store.claimSoon();
  });
}

function ask(store: RunStore): Asking {
  const own: Asking = { request: undefined, resolve: () => undefined, failed: () => undefined };
  asking.set(store, own);
  store.onClaim(
    () => {
      const { request } = own;
      own.request = undefined;
      return request;
    },
    (answer) => own.resolve(answer),
    () => own.failed(),
  );
  return own;
}
