// Secrets at rest: values sealed with AES-256-GCM under a ring of keys, of which the first seals and all open (L3).
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";

/** A sealed value as it lies in the database: `{ "$sealed": "v1.<key id>.<nonce>.<ciphertext and tag>" }`. */
export interface Sealed {
  $sealed: string;
}

const LEAST_KEY_LENGTH = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SHAPE = /^v1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/;

interface Key {
  id: string;
  bytes: Uint8Array;
}

/** 32 bytes for one purpose from a secret text; other purposes get bytes that tell nothing about these. */
export function deriveKey(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "jobmount", purpose, 32));
}

/** A sealed value cannot be opened: no key of the ring made it, or it was changed or moved. */
export class SealError extends Error {
  override readonly name = "SealError";
}

export class Vault {
  readonly #keys: readonly Key[];

  /** Texts of at least 16 characters, the newest first. */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new Error("a vault needs at least one key: set JOBMOUNT_SECRET_KEY");
    this.#keys = secrets.map(toKey);
  }

  /** Id of the key that seals. */
  get newestKeyId(): string {
    return this.#keys[0]!.id;
  }

  /** Ids of all keys, the newest first. */
  get keyIds(): string[] {
    return this.#keys.map((key) => key.id);
  }

  hasKey(id: string): boolean {
    return this.#keys.some((key) => key.id === id);
  }

  /** Id of the key under which a value was sealed; "damaged" when that cannot be read. */
  keyIdOf(sealed: Sealed): string {
    return SHAPE.exec(sealed.$sealed)?.[1] ?? "damaged";
  }

  /** Seals a JSON value. `context` is bound to it: it opens under the same context only. */
  seal(value: unknown, context: string): Sealed {
    const { id, bytes } = this.#keys[0]!;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", bytes, nonce).setAAD(Buffer.from(context));
    const text = JSON.stringify(value === undefined ? null : value);
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return { $sealed: `v1.${id}.${nonce.toString("base64url")}.${sealed.toString("base64url")}` };
  }

  /** The value that was sealed under this context; SealError when it cannot be had. */
  open(sealed: Sealed, context: string): unknown {
    const [, id, nonce, rest] = SHAPE.exec(sealed.$sealed) ?? [];
    if (id === undefined) throw new SealError(`the sealed value of ${context} is damaged`);
    const key = this.#keys.find((one) => one.id === id);
    if (!key) throw new SealError(this.#noKey(id, context));
    const bytes = Buffer.from(rest!, "base64url");
    const decipher = createDecipheriv("aes-256-gcm", key.bytes, Buffer.from(nonce!, "base64url"), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString("utf8"));
    } catch {
      throw new SealError(`the sealed value of ${context} was changed, or belongs to something else`);
    }
  }

  /** The params with the named ones sealed; what is sealed already, or not given, stays as it is. */
  sealParams(
    values: Readonly<Record<string, unknown>>,
    secretNames: Iterable<string>,
  ): Record<string, unknown> {
    const sealed: Record<string, unknown> = { ...values };
    for (const name of secretNames) {
      if (!Object.hasOwn(sealed, name) || sealed[name] === undefined || isSealed(sealed[name])) continue;
      sealed[name] = this.seal(sealed[name], contextOf(name));
    }
    return sealed;
  }

  /** The params with every sealed one opened. */
  openParams(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        isSealed(value) ? this.open(value, contextOf(name)) : value,
      ]),
    );
  }

  #noKey(id: string, context: string): string {
    const known = this.#keys.map((key) => key.id).join(", ");
    return (
      `the sealed value of ${context} was made with the key ${id}, and JOBMOUNT_SECRET_KEY holds only ${known}: ` +
      "add the earlier key behind the first (a comma between them), or save the value again"
    );
  }
}

/** Whether a value is a sealed one, readable or not. */
export function isSealed(value: unknown): value is Sealed {
  if (typeof value !== "object" || value === null) return false;
  const keys = Object.keys(value);
  if (keys.length !== 1 || keys[0] !== "$sealed") return false;
  const { $sealed } = value as { $sealed: unknown };
  return typeof $sealed === "string" && $sealed.startsWith("v1.");
}

/** A secret opens as the param that it was given for, never as another one that may be shown. */
const contextOf = (name: string) => `the param "${name}"`;

function toKey(secret: string): Key {
  if (secret.length < LEAST_KEY_LENGTH) {
    throw new Error(
      `a key of JOBMOUNT_SECRET_KEY has ${secret.length} characters; ${LEAST_KEY_LENGTH} is the least`,
    );
  }
  const bytes = deriveKey(secret, "secrets at rest v1");
  return { id: createHash("sha256").update(bytes).digest("hex").slice(0, 8), bytes };
}
