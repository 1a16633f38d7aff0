{{/* Names, labels and the parts that several manifests share. */}}

{{- define "jobmount.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* Short enough for what is put behind it. */}}
{{- define "jobmount.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "jobmount.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "jobmount.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "jobmount.selector" -}}
app.kubernetes.io/name: {{ include "jobmount.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "jobmount.labels" -}}
{{ include "jobmount.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "jobmount.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "jobmount.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "jobmount.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "jobmount.secretName" -}}
{{ default (include "jobmount.fullname" .) .Values.existingSecret }}
{{- end }}

{{/* The secrets that pods get: "VARIABLE=key of the Secret", one a line. */}}
{{- define "jobmount.secretFiles" -}}
{{- $keys := .Values.secretKeys -}}
{{- $own := .Values.secrets -}}
{{- if .Values.existingSecret }}
{{- if eq .Values.mode "replicated" }}
TASK_DATABASE_URL={{ $keys.databaseUrl }}
{{- end }}
JOBMOUNT_SECRET_KEY={{ $keys.secretKey }}
{{- if $keys.adminToken }}
JOBMOUNT_ADMIN_TOKEN={{ $keys.adminToken }}
{{- end }}
{{- else }}
{{- if eq .Values.mode "replicated" }}
TASK_DATABASE_URL=database-url
{{- end }}
{{- if $own.secretKey }}
JOBMOUNT_SECRET_KEY=secret-key
{{- end }}
{{- if $own.adminToken }}
JOBMOUNT_ADMIN_TOKEN=admin-token
{{- end }}
{{- end }}
{{- end }}

{{- define "jobmount.secretList" -}}
{{- compact (splitList "\n" (include "jobmount.secretFiles" .)) | toJson -}}
{{- end }}

{{- define "jobmount.secretEnvironment" -}}
{{- range (include "jobmount.secretList" . | fromJsonArray) }}
{{- $pair := splitList "=" . }}
- name: {{ first $pair }}_FILE
  value: /run/jobmount/{{ last $pair }}
{{- end }}
{{- end }}

{{/* Helm reads every number as a float, and writes those from a million on as 1e+06. */}}
{{- define "jobmount.text" -}}
{{- if kindIs "float64" . -}}
{{ ternary (int64 . | toString) (toString .) (eq . (floor .)) }}
{{- else -}}
{{ toString . }}
{{- end -}}
{{- end }}

{{- define "jobmount.secretVolume" -}}
- name: secrets
  secret:
    secretName: {{ include "jobmount.secretName" . }}
    defaultMode: 0440
    items:
      {{- range (include "jobmount.secretList" . | fromJsonArray) }}
      {{- $key := last (splitList "=" .) }}
      - key: {{ $key | quote }}
        path: {{ $key | quote }}
      {{- end }}
{{- end }}

{{/* Where a source lies in the pod. */}}
{{- define "jobmount.sourcePath" -}}
{{- if eq .type "baked" -}}
{{ .baked.path }}
{{- else -}}
{{- $directory := "" -}}
{{- if eq .type "gitSync" -}}
{{- $directory = printf "/current/%s" (default "" .gitSync.directory) -}}
{{- else if eq .type "existingClaim" -}}
{{- $directory = printf "/%s" (default "" .existingClaim.directory) -}}
{{- else if eq .type "image" -}}
{{- $directory = printf "/%s" (default "" .image.directory) -}}
{{- end -}}
/tasks/{{ .name }}{{ $directory | trimSuffix "/" }}
{{- end -}}
{{- end }}

{{- define "jobmount.sourcesPath" -}}
{{- $places := list -}}
{{- range .Values.sources -}}
{{- $places = append $places (printf "%s=%s" .name (include "jobmount.sourcePath" .)) -}}
{{- end -}}
{{- join "," $places -}}
{{- end }}

{{/* A key of a ConfigMap has no slashes; the hash keeps two paths from becoming one key. */}}
{{- define "jobmount.fileKey" -}}
{{ regexReplaceAll "[^-._a-zA-Z0-9]" . "_" | trunc 200 }}.{{ sha256sum . | trunc 8 }}
{{- end }}

{{- define "jobmount.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "jobmount.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where pods may run, and before whom: those of the service, of the migration and of the test alike. */}}
{{- define "jobmount.placing" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* Bytes of a quantity of Kubernetes: 4Gi, 500M, 4e9, 4000000000000m. */}}
{{- define "jobmount.quantity" -}}
{{- $text := include "jobmount.text" . -}}
{{- $number := regexFind "^[0-9]+(\\.[0-9]*)?([eE][+]?[0-9]+)?" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- $units := dict "" 1 "m" 0.001 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "P" 1000000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 -}}
{{- if or (eq $number "") (not (hasKey $units $unit)) (and (ne $unit "") (regexMatch "[eE]" $number)) -}}
{{- fail (printf "resources.limits.memory: %q is no size; write one such as 4Gi" $text) -}}
{{- end -}}
{{- mulf (float64 $number) (get $units $unit) | int64 -}}
{{- end }}

{{/* Bytes of settings.JOBMOUNT_JOB_MEMORY, which the service reads: its sizes are not those of Kubernetes. */}}
{{- define "jobmount.jobMemory" -}}
{{- $text := include "jobmount.text" . -}}
{{- $number := regexFind "^[0-9]{1,9}" $text -}}
{{- $units := dict "B" 1 "KiB" 1024 "MiB" 1048576 "GiB" 1073741824 -}}
{{- $bytes := 0 -}}
{{- if and $number (hasKey $units (trimPrefix $number $text)) -}}
{{- $bytes = mul (int64 $number) (get $units (trimPrefix $number $text)) -}}
{{- end -}}
{{- if or (lt $bytes 33554432) (gt $bytes 1099511627776) -}}
{{- fail (printf "settings.JOBMOUNT_JOB_MEMORY: %q is not what the service takes; write one such as 512MiB or 1GiB, from 32MiB to 1024GiB" $text) -}}
{{- end -}}
{{- $bytes -}}
{{- end }}

{{/* Attempts at a time: what the memory of the pod is enough for. Empty where somebody else says it. */}}
{{- define "jobmount.concurrency" -}}
{{- $memory := default "" (default dict .Values.resources.limits).memory -}}
{{- $job := include "jobmount.jobMemory" (default "512MiB" .Values.settings.JOBMOUNT_JOB_MEMORY) | int64 -}}
{{- if and (not (hasKey .Values.settings "JOBMOUNT_CONCURRENCY")) $memory -}}
{{- $left := sub (include "jobmount.quantity" $memory | int64) 536870912 -}}
{{- $fits := div $left $job | int -}}
{{- if lt $fits 1 -}}
{{- fail (printf "resources.limits.memory: %v is too little for one job of %v (settings.JOBMOUNT_JOB_MEMORY) beside 512Mi for the service; raise it, or set JOBMOUNT_JOB_MEMORY lower" $memory (default "512MiB" .Values.settings.JOBMOUNT_JOB_MEMORY)) -}}
{{- end -}}
{{- min $fits 16 -}}
{{- end -}}
{{- end }}

{{/* The rules of alerts.yaml, each for this release alone: one Prometheus sees every release of the cluster. */}}
{{- define "jobmount.alerts" -}}
{{- $own := printf "namespace=%q, service=%q" .Release.Namespace (include "jobmount.fullname" .) -}}
{{- $groups := (.Files.Get "alerts.yaml" | fromYaml).groups -}}
{{- range $groups -}}
{{- range .rules -}}
{{- $expr := .expr | replace "job=\"jobmount\"" $own -}}
{{- $expr = regexReplaceAll "\\b(jobmount_[a-z0-9_]+)\\{" $expr (printf "${1}{%s, " $own) -}}
{{- $expr = regexReplaceAll "\\b(jobmount_[a-z0-9_]+)([^{a-z0-9_]|$)" $expr (printf "${1}{%s}${2}" $own) -}}
{{- $_ := set . "expr" $expr -}}
{{- end -}}
{{- end -}}
{{- toYaml $groups -}}
{{- end }}

{{/* What no schema can say; in words, before anything is rendered. */}}
{{- define "jobmount.check" -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" (include "jobmount.fullname" .)) -}}
{{- fail (printf "the release is named %q, and so the Service would be %q, which Kubernetes refuses: begin with a letter, without dots, or set fullnameOverride" .Release.Name (include "jobmount.fullname" .)) -}}
{{- end -}}
{{- range $key := list "resources" "settings" "secrets" "secretKeys" "image" "service" "ingress" "serviceAccount" "podDisruptionBudget" "networkPolicy" "monitoring" "persistence" "files" "dependencies" "migrations" "tests" "gitSync" -}}
{{- if not (kindIs "map" (get $.Values $key)) -}}
{{- fail (printf "%s: null is not allowed; leave it out for the chart's own, or set single keys in it" $key) -}}
{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- range .Values.sources -}}
{{- if has .name $names -}}
{{- fail (printf "sources: two are named %q; each needs a name of its own" .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- if eq .type "configMap" -}}
{{- if eq (empty .configMap.jobs) (empty .configMap.existing) -}}
{{- fail (printf "sources: %q needs either configMap.jobs or configMap.existing" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.mode "single") (ne (int .Values.replicas) 1) -}}
{{- fail (printf "replicas: the mode single has one replica, since SQLite is one process; %d replicas take mode: replicated" (int .Values.replicas)) -}}
{{- end -}}
{{- if and (eq .Values.mode "replicated") (not .Values.existingSecret) -}}
{{- if not (and .Values.secrets.databaseUrl .Values.secrets.secretKey) -}}
{{- fail "mode replicated needs a database: set existingSecret, or both secrets.databaseUrl and secrets.secretKey" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.existingSecret (or .Values.secrets.databaseUrl .Values.secrets.secretKey .Values.secrets.adminToken) -}}
{{- fail "existingSecret and secrets are both set; set one of them" -}}
{{- end -}}
{{- if and (eq .Values.mode "single") .Values.secrets.databaseUrl -}}
{{- fail "secrets.databaseUrl: the mode single keeps its database on the claim; a server takes mode: replicated" -}}
{{- end -}}
{{- if and (eq .Values.mode "replicated") .Values.persistence.existingClaim -}}
{{- fail "persistence.existingClaim: replicas have an empty folder each; a claim that they share goes into files.existingClaim" -}}
{{- end -}}
{{- range $name, $_ := .Values.podLabels -}}
{{- if has $name (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart") -}}
{{- fail (printf "podLabels: %s is the chart's own" $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.host: the name under which the service is reached is needed" -}}
{{- end -}}
{{- if and .Values.monitoring.serviceMonitor.enabled (not .Values.monitoring.serviceMonitor.tokenSecret) -}}
{{- fail "monitoring.serviceMonitor.tokenSecret: /metrics answers 401 without a token; make one (jobmount token create --name prometheus), put it into a Secret and name that" -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if regexMatch "^(JOBMOUNT_|TASK_DATABASE_URL|DATA_DATABASE_URL|EXTERNAL_TASKS_PATH|HOST$|PORT$)" .name -}}
{{- fail (printf "extraEnv: %s is a setting of the service; such go into settings" .name) -}}
{{- end -}}
{{- end -}}
{{- end }}
