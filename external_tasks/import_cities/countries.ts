// Which country a name means: official English names from the country file, then the aliases.
import { ALIASES } from "./aliases.ts";
import { parseTable } from "./csv.ts";

export interface Country {
  /** ISO 3166-1 alpha-2. */
  code: string;
  /** The official English name. */
  name: string;
}

/** The countries of country-codes.csv. Upper and lower case make no difference. */
export class Countries {
  private readonly codes = new Map<string, Country>();
  private readonly names = new Map<string, Country>();

  /** `text` is the content of country-codes.csv; throws when its columns are not those that we know. */
  constructor(text: string) {
    const { rows, index } = parseTable("country-codes.csv", text, ["ISO3166-1-Alpha-2", "official_name_en"]);
    for (const { fields } of rows) {
      const country = { code: fields[index["ISO3166-1-Alpha-2"]]!, name: fields[index.official_name_en]! };
      if (!country.code || !country.name) continue;
      this.codes.set(keyOf(country.code), country);
      this.names.set(keyOf(country.name), country);
    }
    for (const [alias, code] of Object.entries(ALIASES)) {
      const country = this.byCode(code);
      if (country) this.names.set(keyOf(alias), country);
    }
  }

  byName(name: string): Country | undefined {
    return this.names.get(keyOf(name));
  }

  byCode(code: string): Country | undefined {
    return this.codes.get(keyOf(code));
  }
}

const keyOf = (text: string) => text.normalize("NFC").trim().toLowerCase();
