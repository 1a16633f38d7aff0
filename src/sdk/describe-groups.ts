// The param groups of a definition.
import { didYouMean } from "./nearest.ts";
import { pointerTo } from "./pointer.ts";
import { fieldOf, isFields, readNumber, readText, refuseUnknown, wrong, type Reader } from "./read-fields.ts";
import type { ParamDefinition, ParamGroup } from "./spec.ts";
import { kindOf, show } from "./text.ts";

type Params = Readonly<Record<string, ParamDefinition>>;
const HINT = 'write paramGroups: [{ params: ["file", "url"], min: 1, max: 1 }]';

export function describeGroups(reader: Reader, required: Params, optional: Params): ParamGroup[] {
  const groups = fieldOf(reader, "paramGroups");
  if (groups === undefined) return [];
  if (!Array.isArray(groups) || groups.length > 100) {
    wrong(reader, "paramGroups", "a list of at most 100 groups", HINT, "E034");
    return [];
  }
  const names = [...Object.keys(required), ...Object.keys(optional)];
  return groups.flatMap((group: unknown, i) => {
    const pointer = pointerTo(pointerTo(reader.pointer, "paramGroups"), i);
    if (isFields(group)) return readGroup({ ...reader, fields: group, pointer, code: "E034" }, names);
    reader.problems.add("E034", pointer, `a param group is ${kindOf(group)}`, HINT);
    return [];
  });
}

function readGroup(reader: Reader, names: readonly string[]): ParamGroup[] {
  refuseUnknown(reader, ["params", "min", "max", "message"], "a param group", "E034");
  const params = fieldOf(reader, "params");
  if (!Array.isArray(params) || params.length === 0 || new Set(params).size !== params.length) {
    wrong(reader, "params", "a list of the names of params, each once", HINT);
    return [];
  }
  params.forEach((name: unknown, i) => {
    if (typeof name === "string" && names.includes(name)) return;
    reader.problems.add(
      "E033",
      pointerTo(pointerTo(reader.pointer, "params"), i),
      `the group names ${show(name)}, which is no param${typeof name === "string" ? didYouMean(name, names) : ""}`,
      "name params from requiredParams or optionalParams",
    );
  });
  const range = { min: 0, max: params.length, whole: true };
  const min = readNumber(reader, "min", range);
  const max = readNumber(reader, "max", range);
  if (fieldOf(reader, "min") === undefined && fieldOf(reader, "max") === undefined) {
    wrong(reader, "min", "given, or max, or both: else the group says nothing", HINT);
  }
  if (min !== undefined && max !== undefined && min > max)
    wrong(reader, "min", `at most max, which is ${max}`, HINT);
  const message = readText(reader, "message", 500);
  return [
    {
      params: params as string[],
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(message === undefined ? {} : { message }),
    },
  ];
}
