"""Reads YAML files and says what is wrong with the manifests in them.

For each document a line of JSON: its file, its problems, and itself. Kinds that Kubernetes brings are held against its own
schemas, in which an unknown field is an error. Other kinds have no schema here: each field that they use must be one of FIELDS,
which were looked up in the definitions of Istio, the Gateway API and Knative, so that a misspelt one is found.

    manifests.py FILE...            manifests
    manifests.py --plain FILE...    other YAML, which is only turned into JSON
"""

import json
import pathlib
import sys

import kubernetes_validate
import yaml

ROUTE = """
parentRefs[].name parentRefs[].sectionName rules[].name rules[].matches[].path.type rules[].matches[].path.value
rules[].backendRefs[].name rules[].backendRefs[].port rules[].timeouts.request
"""
POOL = """
tcp.connectTimeout tcp.tcpKeepalive.time tcp.tcpKeepalive.interval tcp.tcpKeepalive.probes
http.http2MaxRequests http.h2UpgradePolicy http.idleTimeout
"""
POD = """
containerConcurrency timeoutSeconds responseStartTimeoutSeconds automountServiceAccountToken enableServiceLinks
"""
CONTAINER = """
image ports[].name ports[].containerPort env[].name env[].value env[].valueFrom.secretKeyRef.name
env[].valueFrom.secretKeyRef.key env[].valueFrom.secretKeyRef.optional resources.requests.cpu resources.requests.memory
resources.limits.memory securityContext.runAsNonRoot securityContext.runAsUser
securityContext.allowPrivilegeEscalation securityContext.readOnlyRootFilesystem securityContext.capabilities.drop[]
securityContext.seccompProfile.type readinessProbe.httpGet.path
"""
ANNOTATION = "metric target target-utilization-percentage min-scale max-scale scale-down-delay"
FIELDS = {
    "networking.istio.io/v1 Gateway": {
        "spec.": "selector.istio servers[].port.number servers[].port.name servers[].port.protocol servers[].hosts[]",
    },
    "networking.istio.io/v1 VirtualService": {
        "spec.": "gateways[] hosts[]",
        "spec.http[].": """name match[].uri.prefix route[].destination.host route[].destination.port.number timeout
                           retries.attempts retries.retryOn""",
    },
    "networking.istio.io/v1 DestinationRule": {
        "spec.": "host trafficPolicy.loadBalancer.simple",
        "spec.trafficPolicy.connectionPool.": POOL,
    },
    "gateway.networking.k8s.io/v1 Gateway": {
        "spec.": """gatewayClassName listeners[].name listeners[].protocol listeners[].port
                    listeners[].allowedRoutes.namespaces.from""",
    },
    "gateway.networking.k8s.io/v1 HTTPRoute": {"spec.": ROUTE},
    "serving.knative.dev/v1 Service": {
        "spec.template.metadata.labels.": "app",
        "spec.template.metadata.annotations.autoscaling.knative.dev/": ANNOTATION,
        "spec.template.spec.": POD,
        "spec.template.spec.containers[].": CONTAINER,
    },
}
EVERYWHERE = {"apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.labels.app"}


def paths(value, path=""):
    """The way to each value that is neither a list nor an object, as `spec.hosts[]`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{path}[]")
    else:
        yield path


def problems(document):
    if not isinstance(document, dict) or not document.get("apiVersion") or not document.get("kind"):
        return ["no apiVersion or no kind"]
    kind = f"{document['apiVersion']} {document['kind']}"
    if kind.startswith("kustomize.config.k8s.io/"):
        return []  # kubectl reads it, and no cluster
    if kind in FIELDS:
        known = {before + field for before, fields in FIELDS[kind].items() for field in fields.split()} | EVERYWHERE
        return [f"{path}: no known field" for path in paths(document) if path not in known]
    try:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    except Exception as error:  # whatever the library says of it, and that it knows no such kind, is a problem
        return [f"{kind}: {type(error).__name__}: {error}"]
    return []


def main(arguments):
    plain = arguments[:1] == ["--plain"]
    for file in arguments[plain:]:
        for document in yaml.safe_load_all(pathlib.Path(file).read_text(encoding="utf-8")):
            found = [] if plain else problems(document)
            print(json.dumps({"file": file, "problems": found, "document": document}))


if __name__ == "__main__":
    main(sys.argv[1:])
