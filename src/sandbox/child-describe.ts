// What a child does that describes jobs: imports one bundle after the other and tells what each declares.
import type { Socket } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { builtInsChanged } from "./built-ins.ts";
import { toldError } from "./child-errors.ts";
import { send } from "./child-out.ts";
import { RestingState } from "./leftovers.ts";

export class Describing {
  readonly #control: Socket;
  readonly #load: (bundlePath: string, resolveFrom: readonly string[]) => Promise<object>;
  /** The bundle that is imported. */
  #bundle: string | undefined;

  /** `control`: what keeps the process alive between two orders. */
  constructor(
    control: Socket,
    load: (bundlePath: string, resolveFrom: readonly string[]) => Promise<object>,
  ) {
    this.#control = control;
    this.#load = load;
  }

  async describe(bundlePath: string, resolveFrom: readonly string[]): Promise<void> {
    // Imported here: it costs more than the rest of the child together, and children that run attempts never need it. Before
    // the job: the first of a batch would have more time to fail in than those that follow it.
    const { describeModule } = await import("../sdk/describe.ts");
    const resting = new RestingState();
    let module: object;
    this.#bundle = bundlePath;
    // As for an attempt: a top-level await for nothing ends the process, and is told at once.
    this.#control.unref();
    try {
      module = await this.#load(bundlePath, resolveFrom);
    } catch (error) {
      this.#bundle = undefined;
      return send({ t: "thrown", error: toldError(error, bundlePath) });
    } finally {
      this.#control.ref();
    }
    // What nobody waits for fails after the import: it has a turn of the event loop for it, the same in every order.
    await setTimeout(1);
    await setImmediate();
    this.#bundle = undefined;
    const described = describeModule(module);
    const { leftovers, made } = resting.look();
    const clean = leftovers.length === 0 && !made && !builtInsChanged();
    if ("spec" in described) send({ t: "described", spec: described.spec, clean });
    else send({ t: "problems", problems: described.problems, clean });
  }

  /** Thrown beside an import: it would end every attempt too, so it is why the job does not load. */
  lost(error: unknown, origin: string): void {
    if (this.#bundle === undefined) return;
    const lost = origin === "unhandledRejection" ? "rejection" : "exception";
    send({ t: "thrown", error: toldError(error, this.#bundle), lost });
    this.#bundle = undefined;
  }

  exiting(dry: boolean): void {
    if (this.#bundle !== undefined) send({ t: "exiting", phase: "import", dry });
  }
}
