// The CSV reader of import_cities.
import { expect } from "chai";
import { parseCsv, parseTable } from "../../external_tasks/import_cities/csv.ts";

const fieldsOf = (text: string) => parseCsv(text).map((record) => record.fields);

describe("import_cities reads CSV", () => {
  it("keeps quoted commas, doubled quotes and line breaks inside quotes", () => {
    expect(fieldsOf('a,"b,c","say ""hi""","two\nlines"\nnext,,"",x\n')).to.deep.equal([
      ["a", "b,c", 'say "hi"', "two\nlines"],
      ["next", "", "", "x"],
    ]);
  });

  it("reads \\r\\n, a byte order mark, a missing last line break and empty lines", () => {
    expect(fieldsOf('\ufeffa,b\r\n\r\n"c",d\r\n"e","f"')).to.deep.equal([
      ["a", "b"],
      ["c", "d"],
      ["e", "f"],
    ]);
  });

  it("says on which line each record starts, also behind a quoted line break", () => {
    expect(parseCsv('a\n"b\n\nc"\nd\n').map((record) => record.line)).to.deep.equal([1, 2, 5]);
  });

  it("keeps an empty last field and a quote that is not at the start of a field", () => {
    expect(fieldsOf('a,b,\n5" pipe,x,"y"\n')).to.deep.equal([
      ["a", "b", ""],
      ['5" pipe', "x", "y"],
    ]);
  });

  it("names the line of a quote that never ends", () => {
    expect(() => parseCsv('a,b\nc,"d\ne,f\n')).to.throw("line 2: a quoted field is opened and never closed");
  });

  it("names a column that is missing", () => {
    expect(() => parseTable("x.csv", "name,land\n", ["name", "country"])).to.throw(
      'x.csv has no column "country": its first line has to name name, country; it names name, land',
    );
    expect(() => parseTable("x.csv", "", ["name"])).to.throw("it names nothing");
  });
});
