// Whether what the language gives every job is as it was before a job ran in this process.

type Descriptors = ReadonlyMap<PropertyKey, PropertyDescriptor>;

// Taken before any job runs: a job may replace these for itself, not for us.
const { getOwnPropertyDescriptor, is } = Object;
const { ownKeys } = Reflect;

/** Not all there is: what reading a definition, and most packages, are made of. */
const NAMES = [
  ...["Object", "Function", "Array", "String", "Number", "Boolean", "Symbol", "BigInt", "Date", "RegExp"],
  ...["Math", "JSON", "Reflect", "Promise", "Map", "Set", "WeakMap", "Error", "URL", "Buffer", "Intl"],
] as const;

type Owner = object & { prototype?: object };
const named = new Map<string, Owner>(NAMES.map((name) => [name, globalThis[name] as Owner]));
const owners = [...named.values()].flatMap((one) => (one.prototype ? [one, one.prototype] : [one]));
const before = new Map<object, Descriptors>(owners.map((owner) => [owner, descriptorsOf(owner)]));

/** Something of it was replaced, added or taken away since this module was loaded. */
export function builtInsChanged(): boolean {
  for (const name of NAMES) if ((globalThis as never)[name] !== named.get(name)) return true;
  for (const [owner, known] of before) {
    if (ownKeys(owner).length !== known.size) return true;
    for (const [key, descriptor] of known)
      if (!same(getOwnPropertyDescriptor(owner, key), descriptor)) return true;
  }
  return false;
}

function descriptorsOf(owner: object): Descriptors {
  return new Map(ownKeys(owner).map((key) => [key, getOwnPropertyDescriptor(owner, key)!]));
}

function same(now: PropertyDescriptor | undefined, then: PropertyDescriptor): boolean {
  return now !== undefined && is(now.value, then.value) && now.get === then.get && now.set === then.set;
}
