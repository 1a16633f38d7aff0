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

{{/* What no schema can say; in words, before anything is rendered. */}}
{{- define "jobmount.check" -}}
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
{{- range .Values.extraEnv -}}
{{- if regexMatch "^(JOBMOUNT_|TASK_DATABASE_URL|DATA_DATABASE_URL|EXTERNAL_TASKS_PATH|HOST$|PORT$)" .name -}}
{{- fail (printf "extraEnv: %s is a setting of the service; such go into settings" .name) -}}
{{- end -}}
{{- end -}}
{{- end }}
