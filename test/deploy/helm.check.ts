// The chart: what Helm takes and refuses, and what it renders, held to Kubernetes' own types and to what pods need.
import { expect } from "chai";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1/Ingress";
import { Job } from "kubernetes-models/batch/v1/Job";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import { Pod } from "kubernetes-models/v1/Pod";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Secret } from "kubernetes-models/v1/Secret";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, parseDocument, visit } from "yaml";
import { loadConfig } from "../../src/config.ts";
import { variables } from "../../src/config/variables.ts";
import { ROOT } from "../support/service.ts";
import { environmentOf, readDockerfile, wholeStage } from "./dockerfile.ts";
import { CHART, helm, type Manifest, ofKind, RELEASE, rendered, unknownKeys, valuesFiles } from "./helm.ts";

const MODELS: Record<string, { prototype: { validate(): void } }> = {
  ConfigMap,
  Deployment,
  Ingress,
  Job,
  NetworkPolicy,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  ServiceAccount,
};
/** Not Kubernetes' own: their operator brings the types. */
const OTHERS = ["ServiceMonitor", "PrometheusRule"];

const accepted = valuesFiles("values");
const refused = valuesFiles("refused");
const image = environmentOf(wholeStage(readDockerfile(join(ROOT, "Dockerfile")).stages, "jobmount"));
/** As the service names them. */
const METRICS = readFileSync(join(ROOT, "src", "app", "metrics.ts"), "utf8").match(/jobmount_[a-z_]+/g)!;
const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Manifest;

const podOf = (one: Manifest): Manifest => (one.kind === "Pod" ? one.spec : one.spec?.template?.spec);
const podsOf = (all: Manifest[]) => all.map(podOf).filter((pod) => pod?.containers);

function bytesOf(size: string): number {
  const [, number, unit] = /^([\d.]+(?:e\d+)?)([A-Za-z]*)$/.exec(size)!;
  const power = { "": 0, K: 1, M: 2, G: 3 }[unit!.replace("i", "")]!;
  return Number(number) * (unit!.endsWith("i") ? 1024 : 1000) ** power;
}

describe("helm: values that are taken", () => {
  let count = 0;
  after(() =>
    console.log(
      `      ${count} manifests of ${accepted.length} files rendered, ${refused.length} files refused`,
    ),
  );

  it("are at least 15, and those that are refused at least 8", () => {
    expect(accepted.length).to.be.at.least(15);
    expect(refused.length).to.be.at.least(8);
  });

  for (const { name, path, text } of accepted) {
    describe(name, () => {
      let all: Manifest[];
      let upgrade: Manifest[];
      before(() => {
        all = rendered(path);
        upgrade = rendered(path, "--is-upgrade");
        count += all.length;
      });

      it("passes lint --strict", () => {
        const { status, output } = helm("lint", "--strict", CHART, "--values", path);
        expect(status, output).to.equal(0);
      });

      it("is what Kubernetes knows, with names and labels", () => {
        for (const one of [...all, ...upgrade]) {
          const { kind, metadata } = one;
          if (!OTHERS.includes(kind)) {
            const Model = MODELS[kind];
            // Not by making one of it: that would copy, and so read, every key.
            expect(Model, kind).to.be.a("function");
            expect(unknownKeys(one, (data) => Model!.prototype.validate.call(data))).to.deep.equal([]);
          }
          expect(metadata.name, kind).to.match(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
          expect(metadata.labels, kind).to.include({ "app.kubernetes.io/instance": RELEASE });
          for (const [label, value] of Object.entries(metadata.labels as object))
            expect(value, label).to.match(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);
        }
        const names = all.map((one) => `${one.kind} ${one.metadata.name}`);
        expect(new Set(names).size).to.equal(names.length);
      });

      it("keeps to the restricted level, with resources for each container", () => {
        for (const pod of podsOf([...all, ...upgrade])) {
          expect(pod.automountServiceAccountToken).to.equal(false);
          expect(pod.securityContext).to.include({ runAsNonRoot: true, runAsUser: 10_001 });
          expect(pod.securityContext.seccompProfile.type).to.equal("RuntimeDefault");
          for (const flag of ["hostNetwork", "hostPID", "hostIPC"]) expect(pod[flag]).to.equal(undefined);
          for (const one of pod.containers) {
            expect(one.securityContext.capabilities.drop).to.deep.equal(["ALL"]);
            expect(one.securityContext).to.include({
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
            });
            expect(one.resources.requests, one.name).to.have.keys("cpu", "memory");
            expect(one.resources.limits, one.name).to.have.property("memory");
          }
          for (const volume of pod.volumes ?? [])
            expect(volume, volume.name).not.to.have.property("hostPath");
        }
      });

      it("mounts what is there and nothing by subPath; tasks and secrets cannot be written to", () => {
        for (const pod of podsOf(all)) {
          const volumes = (pod.volumes ?? []).map((volume: Manifest) => volume.name) as string[];
          const used = new Set<string>();
          expect(new Set(volumes).size).to.equal(volumes.length);
          for (const container of pod.containers) {
            for (const mount of container.volumeMounts ?? []) {
              used.add(mount.name);
              expect(volumes).to.include(mount.name);
              expect(mount).not.to.have.any.keys("subPath", "subPathExpr");
              if (container.name === "jobmount" && /^(tasks-|secrets$)/.test(mount.name))
                expect(mount.readOnly, mount.name).to.equal(true);
            }
          }
          expect([...used].sort()).to.deep.equal(volumes.sort());
        }
      });

      it("gives the service settings that it knows, a folder for each source, and time to drain", () => {
        for (const deployment of ofKind(all, "Deployment")) {
          const pod = podOf(deployment);
          const service = pod.containers.find((one: Manifest) => one.name === "jobmount");
          const given = (service.env as Manifest[]).map(({ name, value }) => [
            name,
            value ?? "from a secret",
          ]);
          expect(new Set(given.map(([name]) => name)).size).to.equal(given.length);
          const env = Object.fromEntries([...Object.entries(image), ...given]) as Record<string, string>;
          for (const [name, file] of Object.entries(env)) {
            if (!name.endsWith("_FILE")) continue;
            const { items } = pod.volumes.find((volume: Manifest) => volume.name === "secrets").secret;
            expect(items.map((item: Manifest) => `/run/jobmount/${item.path}`)).to.include(file);
            delete env[name];
            env[name.slice(0, -5)] = name.includes("URL") ? "mysql://u:p@db/jobmount" : "k".repeat(40);
          }
          expect(JSON.stringify(env)).not.to.match(/\de\+\d/);
          const { config, warnings } = loadConfig(env, { cwd: "/" });
          expect(warnings).to.deep.equal([]);
          expect(pod.terminationGracePeriodSeconds * 1000).to.be.at.least(config.drainTimeoutMs + 15_000);
          const single = config.taskDatabase.kind === "sqlite";
          expect(deployment.spec.strategy.type).to.equal(single ? "Recreate" : "RollingUpdate");
          if (single) expect(deployment.spec.replicas).to.equal(1);
          const data = pod.volumes.find((volume: Manifest) => volume.name === "data");
          expect(Object.keys(data)).to.include(single ? "persistentVolumeClaim" : "emptyDir");
          for (const source of config.sources) {
            const mounted = service.volumeMounts.some(
              (mount: Manifest) =>
                source.path === mount.mountPath || source.path.startsWith(`${mount.mountPath}/`),
            );
            expect(mounted || source.path === "/app/external_tasks", source.path).to.equal(true);
          }
          const [ingress] = ofKind(all, "Ingress");
          const scheme = ingress?.spec.tls ? "https" : "http";
          expect(config.publicUrl, "what links begin with").to.equal(
            ingress ? `${scheme}://${ingress.spec.rules[0].host}` : null,
          );
          // What is explicit is somebody's own decision; what the chart decides must fit.
          const limit = bytesOf(service.resources.limits.memory as string);
          const { concurrency, jobMemoryBytes } = config;
          if (!text.includes("JOBMOUNT_CONCURRENCY")) {
            expect(concurrency * jobMemoryBytes + 2 ** 29, "memory of all jobs at once").to.be.at.most(limit);
            expect(env["JOBMOUNT_CONCURRENCY"]).to.match(/^\d+$/);
          }
          for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
            expect(service[probe].httpGet.path).to.equal(probe === "readinessProbe" ? "/readyz" : "/livez");
        }
      });

      it("selects the pods of the service alone, by labels that never change", () => {
        const [deployment] = ofKind(all, "Deployment");
        const { labels } = deployment.spec.template.metadata;
        const selectors = [
          deployment.spec.selector.matchLabels,
          ...ofKind(all, "Service").map((one) => one.spec.selector),
          ...ofKind(all, "PodDisruptionBudget").map((one) => one.spec.selector.matchLabels),
          ...ofKind(all, "NetworkPolicy").map((one) => one.spec.podSelector.matchLabels),
        ];
        for (const selector of selectors) {
          expect(labels).to.include(selector);
          expect(selector).to.have.property("app.kubernetes.io/component", "service");
          expect(selector).not.to.have.any.keys("helm.sh/chart", "app.kubernetes.io/version");
        }
      });

      it("never puts a secret anywhere but into a Secret", () => {
        const secrets = ofKind(all, "Secret").flatMap((one) => Object.values(one.stringData as object));
        const rest = JSON.stringify(all.filter((one) => one.kind !== "Secret"));
        for (const secret of secrets as string[]) expect(rest).not.to.include(secret);
        expect(rest).not.to.match(/(mysql|mariadb):\/\//);
      });

      it("lets nobody ask for the credentials of the cloud's node, unless it is told to", () => {
        for (const { spec } of ofKind(all, "NetworkPolicy")) {
          if (text.includes("blockMetadata: false")) {
            expect(spec.policyTypes).to.deep.equal(["Ingress"]);
            continue;
          }
          expect(spec.policyTypes).to.include("Egress");
          const blocks = (spec.egress as Manifest[]).flatMap((one) => one.to ?? []).map((one) => one.ipBlock);
          for (const { cidr, except } of blocks.filter(Boolean))
            if (/\/0$/.test(cidr as string)) expect(except).to.have.length(1);
          const anywhere = blocks.find((one) => one?.cidr === "0.0.0.0/0");
          if (anywhere) expect(anywhere.except).to.deep.equal(["169.254.169.254/32"]);
        }
      });

      it("keeps the pod of helm test, whose log Helm reads after it has ended", () => {
        for (const { metadata } of ofKind(all, "Pod"))
          expect(metadata.annotations).to.include({
            "helm.sh/hook": "test",
            "helm.sh/hook-delete-policy": "before-hook-creation",
          });
      });

      it("migrates by a plain Job on install and by a hook before an upgrade, with what is there by then", () => {
        const [job] = ofKind(all, "Job");
        const [hook] = ofKind(upgrade, "Job");
        expect(job === undefined).to.equal(hook === undefined);
        if (!job) return;
        expect(job.metadata.annotations).to.equal(undefined);
        expect(hook.metadata.annotations["helm.sh/hook"]).to.equal("pre-upgrade");
        const needs = podOf(hook).volumes.filter((volume: Manifest) => !volume.emptyDir);
        expect(needs.map((volume: Manifest) => Object.keys(volume).sort())).to.deep.equal([
          ["name", "secret"],
        ]);
        // What an upgrade brings beside the database (an admin token, an account of the chart) is not there by then.
        expect(needs[0].secret.items).to.have.length(1);
        expect(podOf(hook).serviceAccountName ?? "").not.to.include("jobmount");
        expect(String(job.spec.activeDeadlineSeconds)).to.match(/^\d+$/);
        // Neither waits for the other: a pod is red until the schema is at head, and sees to that itself.
        expect(podOf(ofKind(all, "Deployment")[0]).initContainers).to.equal(undefined);
      });
    });
  }
});

describe("helm: values that are refused", () => {
  for (const { name, path, text } of refused) {
    it(`${name}, in words`, () => {
      const says = /^# says: (.+)$/m.exec(text)![1]!;
      const { status, output } = helm(
        "template",
        RELEASE,
        CHART,
        "--kube-version",
        "v1.33.0",
        "--values",
        path,
      );
      expect(status).not.to.equal(0);
      expect(output).to.include(says);
    });
  }
});

describe("helm: the chart itself", () => {
  it("has a comment on every key of values.yaml", () => {
    const text = readFileSync(join(CHART, "values.yaml"), "utf8");
    const lines = text.split("\n");
    const bare: string[] = [];
    visit(parseDocument(text), {
      Map: (_key, map) => {
        // A map on one line is commented as a whole.
        if (map.flow) return visit.SKIP;
        for (const { key } of map.items) {
          if (!isScalar(key)) continue;
          const line = text.slice(0, key.range![0]).split("\n").length - 1;
          const onItem = lines[line]!.trim().startsWith("- ");
          if (!/^\s*#/.test(lines[line - 1]!) && !onItem) bare.push(`${line + 1}: ${String(key.value)}`);
        }
        return undefined;
      },
    });
    expect(bare).to.deep.equal([]);
  });

  it("knows in its schema exactly the keys of values.yaml, and is closed", () => {
    const values = parseDocument(readFileSync(join(CHART, "values.yaml"), "utf8"));
    expect(schema.$schema).to.equal("http://json-schema.org/draft-07/schema#");
    const compare = (node: unknown, own: Manifest, at: string): void => {
      if (!isMap(node) || !own.properties) return;
      const keys = node.items.map(({ key }) => String(key));
      const known = Object.keys(own.properties as object).filter((key) => key !== "global");
      if (keys.length > 0) expect(keys.sort(), at).to.deep.equal(known.sort());
      for (const { key, value } of node.items)
        compare(value, own.properties[String(key)], `${at}.${String(key)}`);
    };
    compare(values.contents, schema, "values");
    const open: string[] = [];
    const walk = (own: Manifest, at: string): void => {
      if (typeof own !== "object" || own === null) return;
      // A misspelt key in any of them would be dropped without a word.
      if (own.properties && own.additionalProperties !== false) open.push(at);
      if (own.type === "object" && !own.properties && typeof own.additionalProperties !== "object")
        free.push(at);
      // Conditions ask of a part of what the object beside them closes.
      for (const [key, one] of Object.entries(own)) if (key !== "if") walk(one, `${at}/${key}`);
    };
    const free: string[] = [];
    walk(schema, "");
    expect(open).to.deep.equal([]);
    // Kubernetes' own: what they hold is checked by its types, on what is rendered.
    expect(free).to.deep.equal([
      "/properties/global",
      "/properties/extraEnv/items/properties/valueFrom",
      "/properties/networkPolicy/properties/from/items",
      "/properties/networkPolicy/properties/egress/items",
      "/properties/tolerations/items",
      "/properties/affinity",
    ]);
  });

  it("offers as settings every variable that is not the chart's own to set, nor a secret", () => {
    const own =
      /^(HOST|PORT|EXTERNAL_TASKS_PATH|.*_DATABASE_URL|JOBMOUNT_(DEPS_DIR|FILES_DIR|DRAIN_TIMEOUT|LOG_FORMAT|JOB_USER|URL|TOKEN|REQUIRE_SERVICES))$/;
    const offered = Object.keys(schema.properties.settings.properties as object);
    const known = Object.values(variables).filter(({ name, secret }) => !secret && !own.test(name));
    expect(offered.sort(), "settings in helm/values.schema.json").to.deep.equal(
      known.map(({ name }) => name).sort(),
    );
  });

  it("gives every pod the places, tolerations and rank that are asked for, and lets its own test in", () => {
    const all = rendered(accepted.find(({ name }) => name === "scheduling")!.path);
    const pods = podsOf(all);
    expect(pods).to.have.length(3);
    for (const pod of pods) {
      expect(pod.nodeSelector).to.deep.equal({ "kubernetes.io/arch": "arm64" });
      expect(pod.tolerations).to.deep.equal([{ key: "jobs", operator: "Exists" }]);
      expect(pod.affinity).to.have.property("nodeAffinity");
      expect(pod.priorityClassName).to.equal("important");
    }
    const closed = rendered(accepted.find(({ name }) => name === "network")!.path);
    const [policy] = ofKind(closed, "NetworkPolicy");
    const [test] = ofKind(closed, "Pod");
    const own = (policy.spec.ingress[0].from as Manifest[]).filter((one) => one.podSelector?.matchLabels);
    expect(own).to.have.length(1);
    expect(test.metadata.labels).to.include(own[0].podSelector.matchLabels);
  });

  it("takes 4e9 bytes for four gigabytes, and refuses names of releases that no Service may have", () => {
    const [deployment] = ofKind(
      rendered(accepted.find(({ name }) => name === "memory-exponent")!.path),
      "Deployment",
    );
    const { env } = podOf(deployment).containers[0];
    expect(env).to.deep.include({ name: "JOBMOUNT_CONCURRENCY", value: "6" });
    const named = (name: string, ...more: string[]) =>
      helm("template", name, CHART, "--kube-version", "v1.33.0", ...more);
    for (const name of ["my.release", "1st"]) {
      const { status, output } = named(name);
      expect(status, name).not.to.equal(0);
      expect(output).to.include(`the release is named "${name}"`).and.include("set fullnameOverride");
      expect(named(name, "--set", "fullnameOverride=jobs").status, name).to.equal(0);
    }
    const { status, output } = named("rel", "--set", "resources=null");
    expect(status).not.to.equal(0);
    expect(output).to.include("resources: null is not allowed").and.not.include("nil pointer");
  });

  it("says after an install how to come in", () => {
    const notes = readFileSync(join(CHART, "templates", "NOTES.txt"), "utf8");
    expect(notes).to.match(/rollout status[\s\S]*token create[\s\S]*port-forward/);
  });

  it("is held to types that know wrong values and find unknown keys", () => {
    const [deployment] = ofKind(rendered(accepted[0]!.path), "Deployment");
    const validate = (data: Manifest) => Deployment.prototype.validate.call(data);
    const [container] = deployment.spec.template.spec.containers;
    container.readynessProbe = {};
    container.ports[0].continerPort = 1;
    expect(unknownKeys(deployment, validate)).to.have.members([
      "/spec/template/spec/containers/0/ports/0/continerPort",
      "/spec/template/spec/containers/0/readynessProbe",
    ]);
    container.ports[0].containerPort = "http";
    expect(() => validate(deployment)).to.throw(/containerPort/);
  });

  it("alerts and shows by the names of metrics that the service has words for", () => {
    const all = rendered(accepted.find(({ name }) => name === "monitoring")!.path);
    const [rule] = ofKind(all, "PrometheusRule");
    const rules = rule.spec.groups[0].rules as Manifest[];
    expect(rules.length).to.be.at.least(5);
    expect(readFileSync(join(CHART, "alerts.yaml"), "utf8"), "the rules of docs/alerts.yaml").to.equal(
      readFileSync(join(ROOT, "docs", "alerts.yaml"), "utf8"),
    );
    const exprs = rules.map(({ expr }) => expr as string);
    const own = `namespace="team", service="${RELEASE}-jobmount"`;
    expect(exprs.join(" ")).to.include(`up{${own}}`).and.not.include('job="jobmount"');
    // One Prometheus sees all releases: what is not of this one must not be added to it.
    const selectors = exprs.flatMap((expr) => [
      ...expr.matchAll(/\b(?:jobmount_[a-z0-9_]+|up)\b(.{0,200})/g),
    ]);
    expect(selectors.length).to.be.at.least(rules.length);
    for (const [whole, selector] of selectors) expect(selector!.startsWith(`{${own}`), whole).to.equal(true);
    const dashboard = ofKind(all, "ConfigMap").find((one) => one.data["jobmount.json"]);
    const panels = JSON.parse(dashboard.data["jobmount.json"]).panels as Manifest[];
    const asked = [...exprs, ...panels.flatMap((panel) => panel.targets.map((one: Manifest) => one.expr))];
    const names = new Set(asked.join(" ").match(/jobmount_[a-z_]+/g));
    for (const name of names) expect(METRICS).to.include(name.replace(/_(bucket|sum|count)$/, ""));
    const [monitor] = ofKind(all, "ServiceMonitor");
    expect(monitor.spec.endpoints[0]).to.include({ port: "http", path: "/metrics" });
  });
});
