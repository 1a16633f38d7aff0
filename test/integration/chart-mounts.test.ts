// What the chart mounts, replayed as the kubelet writes it, under the running service: install, upgrade, and what then runs.
import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Manifest, ofKind, rendered, valuesFiles } from "../deploy/helm.ts";
import { KubeVolume } from "../support/kube-volume.ts";
import { Mounts } from "../support/mounts.ts";

/** A job of the chart's values that prints one word, kept in a file beside it. */
function values(words: { sync: string; close?: string }): string {
  const files = (word: string) => ({
    "job.ts": `import { defineJob } from "jobmount";
      import { word } from "./lib/word.ts";
      export class Job extends defineJob({ name: "Says" }) { execute() { console.log(word); } }`,
    "lib/word.ts": `export const word = "${word}";`,
  });
  const jobs = {
    "billing/sync": files(words.sync),
    ...(words.close === undefined ? {} : { "billing/close": files(words.close) }),
  };
  // JSON is YAML.
  return JSON.stringify({
    sources: [
      { name: "team", type: "configMap", configMap: { jobs } },
      { name: "other", type: "configMap", configMap: { jobs: { hello: files("hello") } } },
    ],
  });
}

describe("what the chart mounts", function () {
  this.timeout(120_000);
  let folder: string;
  let mounts: Mounts;
  const volumes = new Map<string, KubeVolume>();

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "jobmount-chart-"));
  });
  after(async () => {
    await mounts?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Renders, and does with each volume of tasks what the kubelet does with it. Answers the service's container. */
  function apply(text: string, place: (mountPath: string) => string): Manifest {
    const file = join(folder, "values.json");
    writeFileSync(file, text);
    const all = rendered(file);
    const pod = ofKind(all, "Deployment")[0].spec.template.spec;
    const [service] = pod.containers;
    for (const { name, configMap } of pod.volumes as Manifest[]) {
      if (!configMap) continue;
      const { data } = ofKind(all, "ConfigMap").find((one) => one.metadata.name === configMap.name);
      const payload = Object.fromEntries(
        (configMap.items as Manifest[]).map(({ key, path }) => [path, data[key] as string]),
      );
      const { mountPath } = service.volumeMounts.find((mount: Manifest) => mount.name === name);
      const volume = volumes.get(name) ?? new KubeVolume(place(mountPath));
      volumes.set(name, volume);
      volume.write(payload);
    }
    return service;
  }

  it("R3: after helm upgrade the next run prints the new text, a new job comes, and a removed one goes", async () => {
    mounts = await Mounts.start({
      sources: ["team", "other"],
      paths: { team: "tasks/team", other: "tasks/other" },
      prepare: (made) => {
        const service = apply(values({ sync: "one" }), (path) => made.path(path));
        const sources = service.env.find((one: Manifest) => one.name === "EXTERNAL_TASKS_PATH").value;
        expect(sources).to.equal("team=/tasks/team,other=/tasks/other");
      },
    });
    const place = (path: string) => mounts.path(path);
    await mounts.prints("team:billing/sync", "one");
    await mounts.prints("other:hello", "hello");
    const { version } = await mounts.job("other:hello");

    apply(values({ sync: "two", close: "closing" }), place);
    await mounts.prints("team:billing/sync", "two");
    await mounts.prints("team:billing/close", "closing");
    apply(values({ sync: "three" }), place);
    await mounts.prints("team:billing/sync", "three");
    await mounts.becomes("team:billing/close", "missing");
    expect((await mounts.job("other:hello")).version, "untouched").to.deep.equal(version);
    expect(await mounts.errors("team")).to.deep.equal([]);
  });

  it("every values file whose tasks the chart makes itself yields its folders again", () => {
    for (const { path, text } of valuesFiles("values")) {
      if (!text.includes("jobs:")) continue;
      const all = rendered(path);
      const pod = ofKind(all, "Deployment")[0].spec.template.spec;
      const made = (pod.volumes as Manifest[]).filter(({ configMap }) => configMap?.name.includes("-tasks-"));
      expect(made.length, path).to.be.greaterThan(0);
      for (const { configMap } of made) {
        const { data } = ofKind(all, "ConfigMap").find((one) => one.metadata.name === configMap.name);
        const paths = (configMap.items as Manifest[]).map((item) => item.path as string);
        expect(Object.keys(data as object).sort()).to.deep.equal(
          configMap.items.map((item: Manifest) => item.key).sort(),
        );
        expect(paths.some((one) => /(^|\/)job\.ts$/.test(one))).to.equal(true);
        expect(new Set(paths).size).to.equal(paths.length);
      }
    }
    expect(readFileSync(join(folder, "values.json"), "utf8")).to.include("three");
  });
});
