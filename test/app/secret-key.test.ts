// The key that seals secrets, as a file beside the database.
import { expect } from "chai";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretKeys } from "../../src/app/secret-key.ts";
import { loadConfig } from "../../src/config.ts";

describe("secret.key", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "jobmount-key-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const configOf = () => loadConfig({}, { cwd: folder }).config;

  it("is made once, for its owner alone, and nothing else is left", () => {
    const [key] = secretKeys(configOf());
    expect(key).to.match(/^[0-9a-f]{64}$/);
    expect(secretKeys(configOf())).to.deep.equal([key]);
    expect(readdirSync(join(folder, "data"))).to.deep.equal(["secret.key"]);
    expect(statSync(join(folder, "data", "secret.key")).mode & 0o777).to.equal(0o600);
  });

  it("that holds nothing is refused in a sentence: whatever was sealed with it could not be opened", () => {
    secretKeys(configOf());
    writeFileSync(join(folder, "data", "secret.key"), "\n");
    expect(() => secretKeys(configOf())).to.throw(/secret.key holds no key: put back/);
  });

  it("and the file of JOBMOUNT_SECRET_KEY_FILE take the same: one key a line, or commas, and none with a space inside", () => {
    secretKeys(configOf());
    const path = join(folder, "data", "secret.key");
    const given = () =>
      secretKeys(loadConfig({ JOBMOUNT_SECRET_KEY_FILE: "data/secret.key" }, { cwd: folder }).config);
    const [one, two, three] = ["1".repeat(32), "2".repeat(32), "3".repeat(32)];
    for (const text of [
      `${one}\n${two}\n${three}\n`,
      `${one}\r\n${two},${three}\r\n`,
      `\n${one} ,\n\n${two}, ${three}`,
    ]) {
      writeFileSync(path, text);
      expect(secretKeys(configOf())).to.deep.equal([one, two, three]);
      expect(given()).to.deep.equal([one, two, three]);
    }
    for (const text of [`${one} ${two}\n`, `${one}\n${two}\t${three}`, `${one}\r${two}`]) {
      writeFileSync(path, text);
      expect(() => secretKeys(configOf()))
        .to.throw(/secret.key holds a key with a space inside/)
        .and.not.match(/111|222|333/);
      expect(given)
        .to.throw(/without spaces/)
        .and.not.match(/111|222|333/);
    }
  });
});
