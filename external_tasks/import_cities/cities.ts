// What each row of the cities file becomes: a city, or a refusal with its key and reason.
import { createHash } from "node:crypto";
import type { Countries, Country } from "./countries.ts";
import { parseTable } from "./csv.ts";

export interface City {
  /** The GeoNames id: the key of the row, in the file and in the table. */
  geonameid: number;
  name: string;
  countryCode: string;
  country: string;
  /** Region, province, state; many small countries have none. */
  subcountry: string | null;
}

export interface Refusal {
  /** The geonameid as the file has it, or `line 17` for a row without one. */
  key: string;
  reason: string;
}

export interface Selection {
  /** Only rows of this country. */
  country?: Country | undefined;
  /** Only rows with these keys: a repeat of records that failed. */
  keys?: ReadonlySet<string> | undefined;
}

const COLUMNS = ["name", "country", "subcountry", "geonameid"] as const;

/** The table's columns end here; a longer text would be refused by MySQL with its whole batch. */
export const MAX_TEXT = 200;

/** Every selected row of world-cities.csv, exactly once: in `cities` (sorted by key) or in `refused`. */
export function checkCities(
  text: string,
  countries: Countries,
  selection: Selection = {},
): { cities: City[]; refused: Refusal[] } {
  const { rows, width, index } = parseTable("world-cities.csv", text, COLUMNS);
  const cities: City[] = [];
  const refused: Refusal[] = [];
  const lineOf = new Map<number, number>();
  for (const { line, fields } of rows) {
    const id = fields[index.geonameid] ?? "";
    const key = id || `line ${line}`;
    const country = countries.byName(fields[index.country] ?? "");
    if (selection.country && country !== selection.country) continue;
    if (selection.keys && !selection.keys.has(key)) continue;
    const reason = wrong(fields, country) ?? twice(Number(id), line);
    if (reason !== undefined || !country) {
      refused.push({ key, reason: reason ?? "" });
      continue;
    }
    cities.push({
      geonameid: Number(id),
      name: fields[index.name]!,
      countryCode: country.code,
      country: country.name,
      subcountry: fields[index.subcountry] || null,
    });
  }
  return { cities: cities.sort((a, b) => a.geonameid - b.geonameid), refused };

  function wrong(fields: string[], country: Country | undefined): string | undefined {
    if (fields.length !== width) return `${fields.length} fields where the header names ${width}`;
    const id = fields[index.geonameid]!;
    if (!/^[1-9]\d{0,14}$/.test(id)) return `geonameid "${id}" is not a whole number above 0`;
    if (fields[index.name]!.trim() === "") return "the city has no name";
    for (const column of ["name", "subcountry"] as const) {
      const length = fields[index[column]]!.length;
      if (length > MAX_TEXT) return `${column} has ${length} characters; at most ${MAX_TEXT} are kept`;
    }
    return country ? undefined : unknownCountry(fields[index.country]!);
  }

  function twice(id: number, line: number): string | undefined {
    const first = lineOf.get(id);
    if (first !== undefined) return `geonameid ${id} is in the file twice: first on line ${first}`;
    lineOf.set(id, line);
    return undefined;
  }
}

/** The makers of the file wrote their own refusal where a country's name should be; it is passed on as it is. */
function unknownCountry(name: string): string {
  if (name.startsWith("No country found for ")) return name;
  return name.trim() === "" ? "the city has no country" : `No country found for name: ${name}`;
}

/** Changes with whatever would be written: the files, the aliases, the checks, the columns. */
export function contentHash(cities: readonly City[]): string {
  const hash = createHash("sha256");
  const lines = cities.map((c) =>
    JSON.stringify([c.geonameid, c.name, c.countryCode, c.country, c.subcountry]),
  );
  return hash.update(lines.join("\n")).digest("hex");
}
