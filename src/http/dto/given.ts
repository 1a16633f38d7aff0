// When a field that may be left out is checked. IsOptional would accept null too, which most fields do not mean.

/** For ValidateIf: the rules hold as soon as the field is there, null included. */
export function given(_body: object, value: unknown): boolean {
  return value !== undefined;
}
