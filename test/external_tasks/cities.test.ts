// Which rows of the published cities are accepted, and why the others are not.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { ALIASES } from "../../external_tasks/import_cities/aliases.ts";
import { checkCities, contentHash } from "../../external_tasks/import_cities/cities.ts";
import { Countries } from "../../external_tasks/import_cities/countries.ts";
import { parseTable } from "../../external_tasks/import_cities/csv.ts";

const read = (name: string) =>
  readFileSync(new URL(`../../external_tasks/import_cities/${name}`, import.meta.url), "utf8");
const countries = new Countries(read("country-codes.csv"));
const citiesText = read("world-cities.csv");

const HEADER = "name,country,subcountry,geonameid\n";
const check = (rows: string) => checkCities(HEADER + rows, countries);

describe("import_cities checks the published rows", () => {
  it("accounts for all 34,032 rows, and refuses the 21 of Kosovo alone", () => {
    const { cities, refused } = checkCities(citiesText, countries);
    expect(cities.length + refused.length).to.equal(34_032);
    expect(refused).to.have.length(21);
    expect(new Set(refused.map(({ reason }) => reason))).to.deep.equal(
      new Set(["No country found for alpha-2 code: XK"]),
    );
    expect(refused.every(({ key }) => /^\d+$/.test(key))).to.be.true;
    expect(countries.byCode("XK")).to.be.undefined;
  });

  it("would refuse 6,029 rows under 25 names without the aliases", () => {
    const { rows, index } = parseTable("world-cities.csv", citiesText, ["country"]);
    const codes = parseTable("country-codes.csv", read("country-codes.csv"), ["official_name_en"]);
    const official = new Set(codes.rows.map(({ fields }) => fields[codes.index.official_name_en]));
    expect(official).to.include("France");
    const unknown = rows.map(({ fields }) => fields[index.country]!).filter((name) => !official.has(name));
    expect(unknown).to.have.length(6_029);
    expect(new Set(unknown)).to.have.length(25);
    const foreign = [...new Set(unknown)].filter((name) => !Object.hasOwn(ALIASES, name));
    expect(foreign).to.deep.equal(["No country found for alpha-2 code: XK"]);
  });

  it("has only aliases that lead to a country of the file and are not official names themselves", () => {
    for (const [alias, code] of Object.entries(ALIASES)) {
      const country = countries.byCode(code);
      expect(country, `${alias} -> ${code}`).to.exist;
      expect(countries.byName(alias), alias).to.equal(country);
      expect(country!.name, `${alias} needs no alias`).to.not.equal(alias);
    }
  });

  it("keeps look-alike countries apart", () => {
    const codes = (...names: string[]) => names.map((name) => countries.byName(name)?.code);
    expect(codes("Congo", "Congo, The Democratic Republic of the")).to.deep.equal(["CG", "CD"]);
    expect(codes("Korea, Republic of", "Korea, Democratic People's Republic of")).to.deep.equal(["KR", "KP"]);
    expect(codes("Virgin Islands, U.S.", "Virgin Islands, British")).to.deep.equal(["VI", "VG"]);
    expect(codes("United States", "United States Minor Outlying Islands")).to.deep.equal(["US", "UM"]);
    expect(codes("Saint Martin (French part)", "Sint Maarten (Dutch part)")).to.deep.equal(["MF", "SX"]);
    expect(codes("Côte d'Ivoire", "Hong Kong", "united kingdom")).to.deep.equal(["CI", "HK", "GB"]);
    expect(codes("Atlantis", "", "US")).to.deep.equal([undefined, undefined, undefined]);
  });

  it("gives each refused row its key and the reason", () => {
    const { cities, refused } = check(
      [
        "Paris,France,Île-de-France,2988507",
        "Metropolis,Atlantis,,7",
        "Nowhere,,,8",
        ",France,,9",
        "Lyon,France,,",
        "Lille,France,,12x",
        "Brest,France,Finistère",
        "Paris again,France,,2988507",
        `${"x".repeat(201)},France,,10`,
      ].join("\n"),
    );
    expect(cities.map(({ name }) => name)).to.deep.equal(["Paris"]);
    expect(refused).to.deep.equal([
      { key: "7", reason: "No country found for name: Atlantis" },
      { key: "8", reason: "the city has no country" },
      { key: "9", reason: "the city has no name" },
      { key: "line 6", reason: 'geonameid "" is not a whole number above 0' },
      { key: "12x", reason: 'geonameid "12x" is not a whole number above 0' },
      { key: "line 8", reason: "3 fields where the header names 4" },
      { key: "2988507", reason: "geonameid 2988507 is in the file twice: first on line 2" },
      { key: "10", reason: "name has 201 characters; at most 200 are kept" },
    ]);
  });

  it("hashes what would be written: the order of the rows changes nothing, a name does", () => {
    const rows = ["Paris,France,,1", "Lyon,France,,2"];
    const hash = (...lines: string[]) => contentHash(check(lines.join("\n")).cities);
    expect(hash(...rows)).to.equal(hash(...rows.toReversed()));
    expect(hash(...rows)).to.not.equal(hash("Paris,France,,1", "Lyons,France,,2"));
    expect(hash(...rows)).to.not.equal(hash("Paris,France,,1"));
  });
});
